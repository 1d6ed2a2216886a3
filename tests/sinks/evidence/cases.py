"""Whole cases in a store, as the line leaves them: a section's, a lock's and a zone's."""

from datetime import timedelta
from typing import Any

import cv2
import numpy as np
from sqlalchemy import Engine

from anpr.events import Access, LockTransit, Passage, PlateRead, SectionTransit
from anpr.heartbeats import ClockReport
from anpr.sites import Site
from sinks.evidence.facts import CaseEvent, Facts, ReviewFacts, gather
from sinks.evidence.kept import keep_configuration, keep_heartbeats, keep_reads
from sinks.store.engine import writing
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, access, lock_transit, passage, seconds, site, transit

PLATE = "1ABC234"
RULE = {"id": "section/n177", "version": "0123456789ab"}
LOCATION = {
    "road": "N177",
    "km_point": "12.400",
    "municipality": "Boom",
    "direction": "Rumst",
    "legal_basis": "Gemeenteraadsbesluit van 12 januari 2026",
}
CERTIFICATE = {"device": "SC-0042", "approval": "BE-77", "verified_until": "2028-05-01"}


class Pictures:
    """An image store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, reference: str) -> bytes | None:
        return self.kept.get(reference)

    def put(self, image: bytes) -> str:
        from hashlib import sha256  # noqa: PLC0415 - beside its one use

        reference = f"sha256:{sha256(image).hexdigest()}"
        self.kept[reference] = image
        return reference


def zone_site() -> Site:
    return site(
        sections=[
            {
                "id": "n177", "entry": ["north"], "exit": ["south"], "length_m": 1240.0,
                "limit_kmh": 70, "certificate": CERTIFICATE, "location": LOCATION,
                "survey": {
                    "reference": "LM-2026-7", "surveyor": "Landmeters nv",
                    "surveyed_on": "2026-01-05",
                },
                "sign_token": "env:SIGNS",
            }
        ],
        locks=[
            {
                "id": "relst", "entries": ["north"], "exits": ["south"], "through_within_s": 900,
                "location": LOCATION,
            }
        ],
        zones=[
            {
                "id": "centre", "gates": ["markt"], "permits": ["bewoners"], "action": "flag",
                "secret": "env:BOLLARD", "location": LOCATION,
            }
        ],
    )  # fmt: skip


def street(seed: int = 1, width: int = 640, height: int = 360) -> bytes:
    """Draw a noisy street picture as JPEG."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    picture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return jpeg.tobytes()


def seen(name: str, camera: str, at: Any, pictures: Pictures, seed: int) -> Passage:
    images = {
        "overview": pictures.put(street(seed)),
        "crop": pictures.put(street(seed + 100, 160, 48)),
    }
    return passage(name, camera=camera, at=at, plate=PLATE, confidence=0.97, images=images)


def read_of(one: Passage, **changes: Any) -> PlateRead:
    default: dict[str, Any] = {
        "id": one.reads[0],
        "camera": one.camera,
        "captured_at": one.at,
        "plate": one.plate,
        "confidence": 0.97,
        "characters": [0.97] * 7,
        "box": [280, 200, 80, 20],
        "images": one.images,
        "received_at": one.at,
    }
    return PlateRead.model_validate({**default, **changes})


def beats(camera: str) -> list[ClockReport]:
    return [
        ClockReport(
            camera=camera,
            received_at=T0 + timedelta(minutes=minute),
            clock=T0 + timedelta(minutes=minute, milliseconds=-12),
        )
        for minute in (-20, -1, 1)
    ]


def stored(engine: Engine, pictures: Pictures, event: CaseEvent | None = None) -> CaseEvent:
    """Store a section's case (or the given event) with all that it rests on; give the event."""
    entry = seen("entry", "north", T0 - seconds(50), pictures, 1)
    leaving = seen("exit", "south", T0, pictures, 2)
    gate = seen("gate", "markt", T0, pictures, 3)
    case = event or speeding()
    StoreWriter(engine, lambda: T0).write([entry, leaving, gate], [case])
    with writing(engine) as connection:
        told = [read_of(one) for one in (entry, leaving, gate)]
        other = read_of(
            leaving, id="other", plate="2XYZ999", captured_at=T0 + seconds(1), box=[10, 20, 60, 15],
            images=None,
        )  # fmt: skip
        keep_reads(connection, [(one, one.to_json()) for one in (*told, other)])
        keep_heartbeats(connection, [*beats("north"), *beats("south")])
        keep_configuration(
            connection, case.rule.id, case.rule.version, '{"section": {"limit_kmh": 70}}',
            "zone-anpr 0.1.0", T0,
        )  # fmt: skip
    return case


def _ids(*names: str) -> tuple[str, ...]:
    return tuple(passage(name).id for name in names)


def speeding(**changes: Any) -> SectionTransit:
    default: dict[str, Any] = {
        "rule": RULE,
        "passages": _ids("entry", "exit"),
        "plate": PLATE,
        "duration_s": 50.0,
        "measured_kmh": 89.28,
        "lower_kmh": 89.13,
        "corrected_kmh": 83,
        "limit_kmh": 70,
        "verdict": "violation",
        "reason": "above_limit",
        "case_class": "immediate_collection",
        "amount_eur": 71,
        "entry_camera": "north",
        "exit_camera": "south",
        "instrument": CERTIFICATE,
        "sources": ["wegcode.be"],
        "error_budget": {
            "length_m": 1240.0, "length_error_m": 1.0, "travel_s": 50.0, "entry_clock_ms": 20.0,
            "exit_clock_ms": 20.0,
            "formula": "3.6 * (1240 - 1) m / (50 + 0.02 + 0.02) s = 89.13 km/h",
        },
    }  # fmt: skip
    return transit(**{**default, **changes})


def truck_through(**changes: Any) -> LockTransit:
    rule = {"id": "lock/relst", "version": "0123456789ab"}
    default: dict[str, Any] = {
        "rule": rule, "passages": _ids("entry", "exit"), "plate": PLATE, "within_s": 900.0,
    }  # fmt: skip
    return lock_transit(**{**default, **changes})


def entered(**changes: Any) -> Access:
    rule = {"id": "zone/centre", "version": "0123456789ab"}
    default: dict[str, Any] = {
        "rule": rule, "passages": _ids("gate"), "plate": PLATE, "decision": "flag",
        "reason": "no_permit", "permit": None,
    }  # fmt: skip
    return access(**{**default, **changes})


REVIEW = ReviewFacts(
    account="inspecteur",
    at=T0 + timedelta(days=1),
    plate_seen=PLATE,
    outcome="agreed",
    service_number="44-1207",
    pv_number="AN.90.L6.001234/2026",
    registry="agrees",
)


def facts_of(engine: Engine, pictures: Pictures, event: CaseEvent | None = None) -> Facts:
    """Store a case and gather its facts, reviewed."""
    case = stored(engine, pictures, event)
    with engine.connect() as connection:
        return gather(connection, zone_site(), case).reviewed(REVIEW)

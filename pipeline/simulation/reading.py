"""What cameras make of passing vehicles: misreads, doubts, wrong clocks, late deliveries."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import prod
from random import Random
from typing import Any

from anpr.events import VehicleClass
from anpr.ids import computed
from anpr.sites import Camera, Site
from anpr.time import rfc3339
from pipeline.simulation.traffic import COUNTRIES, Trip, Vehicle, Visit

CONFUSED: dict[str, str] = {
    "0": "OODQ8", "1": "II7LT", "2": "ZZ7", "3": "8JE", "4": "A", "5": "SS6", "6": "GG85",
    "7": "1TZY", "8": "BB30", "9": "8GP", "A": "4R", "B": "88RE", "C": "G0", "D": "00O",
    "E": "F3", "F": "EP", "G": "66C", "H": "MN", "I": "11L", "J": "37", "K": "XR", "L": "1I",
    "M": "NHW", "N": "MH", "O": "00D", "P": "RF", "Q": "00O", "R": "PK", "S": "555", "T": "17",
    "U": "VJ", "V": "UY", "W": "MV", "X": "KY", "Y": "VX7", "Z": "227",
}  # fmt: skip
"""What a character is misread as; what stands there twice happens twice as often."""

MISREAD = 0.0035
"""How often a character of a clean plate is misread by day; twice as often by night."""

UNREAD = 0.008
CLASS_MISSING, CLASS_WRONG = 0.03, 0.01
COUNTRY_UNKNOWN, COUNTRY_WRONG = 0.05, 0.005
DIRECTION_WRONG = 0.005
CLOCK_OFF = 1 / 48
"""How likely a camera's clock is off, and reported so, for an hour: every other day."""

OFF_MS = (50, 500)
"""How far a clock may be off that is reported off."""

OUTAGE = 1 / 24
"""How likely a camera loses its line within an hour: once a day."""

CATCHING_UP_S = 20
"""How long a camera takes after an outage to send what it kept."""

NIGHT = (7, 21)
"""Before the first hour and from the second on it is dark."""

SENT_S = (-1.6, 0.5)
"""The logarithm of the seconds from capture to receipt: mean and spread."""


_line = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Taken:
    """One read of a visit: when it is received, and what it says (as its JSON line does)."""

    visit: Visit
    received_at: datetime
    read: Mapping[str, Any]

    @property
    def line(self) -> str:
        """The read as one line of JSON."""
        return _line(self.read)


class Reading:
    """The cameras of a site at work; every draw of theirs comes from one seed."""

    def __init__(self, site: Site, seed: int) -> None:
        self._seed = seed
        self._zone = site.site.zone
        self._rng = Random(f"{seed}/reading")  # noqa: S311  misreads, not secrets
        self._rare = Random(f"{seed}/rare")  # noqa: S311  what goes wrong at a camera, not secrets
        self._cameras = {camera.id: camera for camera in site.cameras}
        self._gantries = {
            camera for lock in site.locks for camera in (*lock.entries, *lock.exits, *lock.inside)
        }
        self._sections = {id_ for one in site.sections for id_ in (*one.entry, *one.exit)}
        self._behind = {id_ for one in site.sections for id_ in one.seen_from_behind}
        self._offsets = {
            camera.id: timedelta(milliseconds=camera.clock_error_ms * self._rng.uniform(-0.8, 0.8))
            for camera in site.cameras
        }
        self._off_ms: dict[tuple[str, datetime], float | None] = {}
        self._outages: dict[tuple[str, datetime], tuple[datetime, datetime] | None] = {}

    def of(self, trip: Trip) -> Iterator[Taken]:
        """Give the reads of a trip."""
        for visit in trip.visits:
            camera = self._cameras[visit.camera]
            track = computed("track", camera.id, rfc3339(visit.at), trip.vehicle.registration.plate)
            common = self._common(camera, trip, track)
            for number in range(visit.reads):
                at = visit.at + timedelta(seconds=0.12 * number)
                yield self._read(camera, trip.vehicle, visit, at, common)

    def _common(self, camera: Camera, trip: Trip, track: str) -> dict[str, Any]:
        """Write what all reads of one vehicle at one camera share."""
        rng, vehicle = self._rng, trip.vehicle
        common: dict[str, Any] = {
            "camera": camera.id,
            "track": track,
            "lane": 1,
            "direction": self._direction(camera.id),
            "speed_kmh": round(trip.drive.kmh * rng.uniform(0.95, 1.03), 1),
        }
        if rng.random() >= COUNTRY_UNKNOWN:
            common["country"] = self._country(vehicle.registration.country)
        if camera.id in self._gantries and rng.random() >= CLASS_MISSING:
            common["vehicle"] = {
                "class": self._class(vehicle).value,
                "confidence": round(rng.uniform(0.85, 0.99), 3),
            }
        return common

    def _direction(self, camera: str) -> str:
        """Give the direction that a camera makes out; at a gate both ways it is never mistaken."""
        is_wrong = self._rare.random() < DIRECTION_WRONG and camera in self._sections
        is_receding = (is_wrong and camera not in self._gantries) is not (camera in self._behind)
        return "receding" if is_receding else "approaching"

    def _country(self, truth: str) -> str:
        """Give the country that a camera makes out."""
        others = [country for country in COUNTRIES if country != truth]
        return self._rare.choice(others) if self._rare.random() < COUNTRY_WRONG else truth

    def _class(self, vehicle: Vehicle) -> VehicleClass:
        if self._rng.random() >= CLASS_WRONG:
            return vehicle.class_
        return VehicleClass.VAN if vehicle.class_ is not VehicleClass.VAN else VehicleClass.TRUCK

    def _read(
        self, camera: Camera, vehicle: Vehicle, visit: Visit, at: datetime, common: dict[str, Any]
    ) -> Taken:
        received_at = self._received(camera.id, at)
        off_ms = self._off(camera.id, at)
        offset = self._offsets[camera.id] if off_ms is None else timedelta(milliseconds=off_ms)
        read = {
            **common,
            "captured_at": (at + offset).isoformat(),
            "received_at": received_at.isoformat(),
            **self._plate(vehicle, at),
        }
        if off_ms is not None:
            read["clock_error_ms"] = round(abs(off_ms) + 1, 1)
        if (received_at - at).total_seconds() > camera.late_after_s:
            read["late"] = True
        return Taken(visit, received_at, read)

    def _plate(self, vehicle: Vehicle, at: datetime) -> dict[str, Any]:
        """Read the plate, with what that does to its characters."""
        rng = self._rng
        if rng.random() < UNREAD * vehicle.dirt:
            return {"plate": None}
        is_dark = not NIGHT[0] <= at.astimezone(self._zone).hour < NIGHT[1]
        rate = MISREAD * vehicle.dirt * (2 if is_dark else 1)
        truth = vehicle.registration.plate
        plate, characters = "", []
        for character in truth:
            is_wrong = rng.random() < rate
            plate += rng.choice(CONFUSED.get(character, character)) if is_wrong else character
            sure = rng.uniform(0.4, 0.85) if is_wrong else 1 - 0.02 * rng.random() ** 2
            characters.append(round(sure, 4))
        confidence = prod(characters)
        read: dict[str, Any] = {
            "plate": plate, "confidence": round(confidence, 4), "characters": characters
        }  # fmt: skip
        if plate != truth:
            share = round((1 - confidence) * rng.uniform(0.3, 0.9), 4)
            read["alternatives"] = [{"plate": truth, "confidence": share}]
        return read

    def _received(self, camera: str, at: datetime) -> datetime:
        """Say when a read arrives: soon, or after the outage that it fell into."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        outage = self._outage(camera, hour)
        if outage and outage[0] <= at < outage[1]:
            return outage[1] + timedelta(seconds=self._rng.uniform(0.5, CATCHING_UP_S))
        return at + timedelta(seconds=min(self._rng.lognormvariate(*SENT_S), 8))

    def _off(self, camera: str, at: datetime) -> float | None:
        """Say by how many milliseconds a clock is ahead that is reported off; mostly none is."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        if (camera, hour) not in self._off_ms:
            rng = Random(f"{self._seed}/clock/{camera}/{hour}")  # noqa: S311  not secrets
            off_ms = rng.uniform(*OFF_MS) * rng.choice((-1, 1))
            self._off_ms[camera, hour] = off_ms if rng.random() < CLOCK_OFF else None
        return self._off_ms[camera, hour]

    def _outage(self, camera: str, hour: datetime) -> tuple[datetime, datetime] | None:
        if (camera, hour) not in self._outages:
            rng = Random(f"{self._seed}/{camera}/{hour}")  # noqa: S311  bad luck, not secrets
            start = hour + timedelta(minutes=rng.uniform(0, 35))
            span = (start, start + timedelta(minutes=rng.uniform(2, 25)))
            self._outages[camera, hour] = span if rng.random() < OUTAGE else None
        return self._outages[camera, hour]

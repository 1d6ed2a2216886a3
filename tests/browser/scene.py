"""What the zone of the browser's tests holds: something on every page, with pictures drawn here."""

from dataclasses import dataclass
from datetime import timedelta

import cv2
import numpy as np

from anpr.events import Hit, Images, LockTransit, Passage, SectionTransit
from anpr.list_file import parse_list
from anpr.lists import Lists, PlateList
from tests.console.traffic import furnish_figures
from tests.console.zone import (
    NOW,
    Zone,
    access,
    camera_state,
    hit,
    lock_transit,
    passage,
    transit,
)

WANTED = "1STL666"
FAST = "1FAS789"
CERTIFICATE = {"device": "SC-0042", "approval": "BE-77", "verified_until": "2028-05-01"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What tests ask for by name."""

    wanted: Passage
    hit: Hit
    alert: int
    violation: SectionTransit
    review: LockTransit


def furnish(zone: Zone) -> Scene:
    """Fill a zone."""
    stolen = parse_list(f"plate_pattern\n{WANTED}\n", "gestolen", zone.site.site.zone)
    zone.lists = Lists([PlateList("gestolen", 3, None, stolen)])
    wanted = passage(
        "wanted", WANTED, images=_images(zone, "wanted"), at=NOW - timedelta(minutes=2)
    )
    slow = passage("entry", FAST, images=_images(zone, "entry"), at=NOW - timedelta(minutes=9))
    fast = passage("exit", FAST, camera="zuid", images=_images(zone, "exit"))
    later = NOW - timedelta(minutes=4)
    truck = passage("truck", "1TRK321", camera="zuid", images=_images(zone, "truck"), at=later)
    misread = passage("misread", "1STL6G6", at=NOW - timedelta(minutes=30))
    near = hit(misread, entry_plate=WANTED, match="equivalent")
    found, violation = hit(wanted), transit(slow, fast, instrument=CERTIFICATE)
    review = lock_transit(slow, truck, verdict="review", reason="class_unsure")
    zone.store(
        [wanted, slow, fast, truck, misread, passage("unread", None), passage("other")],
        [
            *(found, near, violation, review, access(fast)),
            camera_state("noord", "up", NOW - timedelta(days=2), "heard"),
            camera_state("zuid", "down", NOW - timedelta(hours=1), "heartbeats_missed 3 x 60 s"),
        ],
    )
    furnish_figures(zone)
    zone.raise_alert(near)
    return Scene(wanted, found, zone.raise_alert(found), violation, review)


def picture(name: str, width: int, height: int) -> bytes:
    """Draw an image that is nobody's: a band of colours that its name decides."""
    ramp = np.linspace(40, 200, width, dtype=np.uint8)
    shade = sum(name.encode()) % 160
    flat = np.full(width, shade, np.uint8)
    row = np.stack([ramp, flat, ramp[::-1]], axis=1)
    _, jpeg = cv2.imencode(".jpg", np.repeat(row[None], height, axis=0))
    return jpeg.tobytes()


def _images(zone: Zone, name: str) -> Images:
    return Images(
        crop=zone.images.put(picture(name, 220, 60)),
        overview=zone.images.put(picture(name, 640, 360)),
    )

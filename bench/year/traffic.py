"""The traffic of a year: vehicles of which some come daily and most seldom, on drives."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from anpr.plates import fold
from anpr.time import to_us
from sinks.store.rows import Row

DAYS = 365
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SINCE = NOW - timedelta(days=DAYS)
CAMERAS = 100
GATES = 30
"""The first cameras stand at the border: the even ones look at who comes in."""
A_DRIVE = 4
"""Passages of a drive: in, twice between, out."""
VEHICLES_A_PASSAGE = 0.13
SKEW = 2.5
"""How much more often the few come than the many."""
MISREAD = 0.02
UNSURE = 0.1
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
DAY_US = 86_400_000_000
CLASSES = ("car",) * 8 + ("van", "truck")
COLOURS = ("black", "white", "grey", "blue", "red")


def camera(number: int) -> str:
    """Name a camera."""
    return f"camera-{number:03}"


BORDER = {camera(number): ("in", "out")[number % 2] for number in range(GATES)}


def plate(vehicle: int) -> str:
    """Give the plate of a vehicle, as Belgium numbers them, in no order."""
    spread = vehicle * 7_919_777 % (len(LETTERS) ** 3 * 1000)
    letters, digits = divmod(spread, 1000)
    first, rest = divmod(letters, len(LETTERS) ** 2)
    second, third = divmod(rest, len(LETTERS))
    return f"{1 + vehicle % 2}{LETTERS[first]}{LETTERS[second]}{LETTERS[third]}{digits:03}"


@dataclass(frozen=True, slots=True)
class Year:
    """So many passages, the same ones each time."""

    passages: int

    @property
    def vehicles(self) -> int:
        """How many distinct vehicles come."""
        return max(1000, int(self.passages * VEHICLES_A_PASSAGE))

    def vehicle(self, chance: random.Random) -> int:
        """Choose who drives."""
        return int(self.vehicles * chance.random() ** SKEW)

    def day(self, number: int) -> Iterator[tuple[Row, str | None]]:
        """Give the passages of a day, and what else the plate might be, in no order."""
        chance = random.Random(number)  # noqa: S311 - the same traffic each time
        base_us = to_us(SINCE) + number * DAY_US
        for _ in range(self.passages // DAYS // A_DRIVE):
            vehicle = self.vehicle(chance)
            at_us = base_us + int(DAY_US * chance.triangular(0, 1, 0.6))
            stay_us = int(chance.choice((3, 6, 12, 40, 90)) * 60_000_000 * (0.5 + chance.random()))
            stops = (
                2 * chance.randrange(GATES // 2),
                *(chance.randrange(GATES, CAMERAS) for _ in range(A_DRIVE - 2)),
                2 * chance.randrange(GATES // 2) + 1,
            )
            for place, stop in enumerate(stops):
                moment_us = at_us + stay_us * place // (A_DRIVE - 1)
                yield _row(chance, vehicle, stop, moment_us)


def _row(chance: random.Random, vehicle: int, stop: int, at_us: int) -> tuple[Row, str | None]:
    text = plate(vehicle)
    seen, other = text, None
    doubt = chance.random()
    if doubt < MISREAD:  # one letter wrong, and the right text beside it
        seen, other = text[:2] + "X" + text[3:], text
    elif doubt < UNSURE:
        other = text[:3] + "T" + text[4:]
    bits = f"{chance.getrandbits(128):032x}"
    id_ = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
    when = datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    place, class_ = camera(stop), CLASSES[vehicle % 10]
    alternatives = f'{{"plate":"{other}","confidence":0.2}}' if other else ""
    body = (
        f'{{"id":"{id_}","revision":1,"withdrawn":false,"camera":"{place}","at":"{when}",'
        f'"first_at":"{when}","last_at":"{when}","received_at":"{when}","late":false,'
        f'"plate":"{seen}","country":"BE","confidence":0.97,"characters":[],'
        f'"alternatives":[{alternatives}],"reads":["{id_}"],'
        f'"vehicle":{{"class":"{class_}","confidence":0.9,"height_m":null,"length_m":null,'
        f'"colour":"{COLOURS[vehicle % 5]}","make":null}},"lane":1,"direction":"approaching",'
        f'"speed_kmh":null,"position":null,"images":null,"source":"native",'
        f'"time_source":"camera","clock_error_ms":null}}'
    )
    row = {
        "id": id_,
        "revision": 1,
        "withdrawn": False,
        "late": False,
        "camera": place,
        "at_us": at_us,
        "first_us": at_us,
        "last_us": at_us,
        "received_us": at_us,
        "plate": seen,
        "fold": fold(seen),
        "country": "BE",
        "confidence": 0.97,
        "vehicle_class": class_,
        "lane": 1,
        "direction": "approaching",
        "crop": None,
        "overview": None,
        "body": body,
        "stored_us": at_us,
    }
    return row, other

"""How a list loads and answers as it grows to a million plates, beside a bare Python set of them.

The set is the least that could tell a wanted plate: no versions, validity, look-alikes or entries.
Processor time, since a busy machine does not change it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from anpr.list_file import parse_list
from anpr.list_parts import ListPart, parts_of
from anpr.lists import Lists
from anpr.plates import fold

SIZES = (10_000, 100_000, 1_000_000)
ASKED = 200_000
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def plates(count: int, seed: int) -> list[str]:
    """Draw Belgian standard plates, each once."""
    rng = Random(seed)  # noqa: S311 - plates, not secrets
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        letters = "".join(rng.choices(LETTERS, k=3))
        drawn[f"{rng.choice('12')}{letters}{rng.randrange(1000):03}"] = None
    return list(drawn)


def seconds(act: Callable[[], object]) -> float:
    """Tell how much processor time something takes."""
    start = time.process_time()
    act()
    return time.process_time() - start


def measure(size: int) -> tuple[float, float, float, float]:
    """Give the seconds to read a CSV, to load what travels, to ask; and to ask a bare set."""
    wanted = plates(size, 1)
    rows = "".join(f"{plate},BE,STOLEN,80,PV-{n:07},stop\n" for n, plate in enumerate(wanted))
    text = f"plate_pattern,country,reason_code,priority,case_ref,action\n{rows}"
    start = time.process_time()
    entries = parse_list(text, "stolen", ZoneInfo("UTC"))
    read_s = time.process_time() - start
    wire = [part.to_json() for part in parts_of("stolen", 1, NOON, entries)]
    lists = Lists()

    def load() -> None:
        for part in wire:
            lists.take(ListPart.model_validate_json(part))

    load_s = seconds(load)
    passing, bare = plates(ASKED, 2), set(wanted)
    ask_s = seconds(lambda: [lists.may_match("stolen", fold(plate), plate) for plate in passing])
    bare_s = seconds(lambda: [plate in bare for plate in passing])
    return read_s, load_s, ask_s, bare_s


def main() -> None:
    """Measure, and print a table."""
    table = Table(
        "plates", "read CSV s", "load s", "ask us", "bare set us", "ratio", title="A list"
    )
    for size in SIZES:
        read_s, load_s, ask_s, bare_s = measure(size)
        table.add_row(
            f"{size:,}", f"{read_s:.2f}", f"{load_s:.2f}", f"{ask_s / ASKED * 1e6:.2f}",
            f"{bare_s / ASKED * 1e6:.2f}", f"{ask_s / bare_s:.1f}",
        )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()

"""Draw a zone as text: what its site file wires together, and what it will come to regret."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import assert_never
from urllib.parse import urlsplit

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from anpr.sites import (
    EVERY_DAY,
    AlertRoute,
    Camera,
    Channel,
    Hours,
    Lock,
    Section,
    Site,
    Zone,
    warnings,
)
from anpr.sites.channels import Apprise, Email, ForPeople, Mqtt, Script, Webhook
from rules.all import horizon, rules_of

ARROW = "─▶"


def draw(site: Site) -> RenderableType:
    """Draw what the site wires together, then the warnings; 80 columns are enough."""
    parts: list[RenderableType] = [_title(site)]
    for heading, lines in (
        ("Cameras", _cameras(site)),
        ("Sections", _table(_section_rows(site.sections))),
        ("Locks", _table(_lock_rows(site.locks))),
        ("Zones", _table(_zone_rows(site.zones))),
        ("Alerts", _table(_alert_rows(site))),
        ("Receivers", _table(_receiver_rows(site))),
        ("Warnings", _warnings(site)),
    ):
        if lines.row_count:
            parts += [Text(f"\n{heading}", style="bold"), Padding(lines, (0, 0, 0, 2))]
    return Group(*parts)


def _title(site: Site) -> Text:
    settings = site.site
    remembers = duration(horizon(site, rules_of(site)).total_seconds())
    return Text.assemble(
        (settings.name, "bold"),
        f"  {settings.country}, {settings.timezone}; a passage is remembered for {remembers}",
    )


def _table(rows: Iterable[tuple[str, ...]]) -> Table:
    """Lay rows out in columns; texts are shown as they are, whatever brackets they hold."""
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _cameras(site: Site) -> Table:
    return _table(
        (
            camera.id,
            camera.name,
            camera.direction,
            f"{camera.lat:.4f} {camera.lon:.4f}",
            f"±{camera.clock_error_ms:g} ms",
            view(camera),
        )
        for camera in site.cameras
    )


def _section_rows(sections: Iterable[Section]) -> Iterator[tuple[str, ...]]:
    for section in sections:
        length = f"{section.length_m:g} ± {section.length_error_m:g} m"
        yield section.id, f"{' '.join(section.entry)} {ARROW} {' '.join(section.exit)}"
        yield "", f"{length}, {section.limit_kmh} km/h"
        for limit in section.limits:
            yield "", f"{limit.limit_kmh} km/h {hours(limit)}"
        if certificate := section.certificate:
            yield "", f"{certificate.approval}, verified until {certificate.verified_until}"


def _lock_rows(locks: Iterable[Lock]) -> Iterator[tuple[str, ...]]:
    for lock in locks:
        name = lock.id
        for entry in lock.entries:
            for number, leave in enumerate(lock.exits):
                within = lock.pairs.get(f"{entry}/{leave}", lock.through_within_s)
                way = f"{branch(number, len(lock.exits))} {leave}"
                through = f"through within {duration(within)}"
                yield name, entry if number == 0 else "", way, through
                name = ""
        inside = f"stop proven at {' '.join(lock.inside)}" if lock.inside else ""
        permits = f"exempt: {lock.permits}" if lock.permits else ""
        concerns = f"{' '.join(lock.classes)}, {hours(lock)}"
        for note in filter(None, (concerns, inside, permits)):
            yield "", "", "", note


def _zone_rows(zones: Iterable[Zone]) -> Iterator[tuple[str, ...]]:
    for zone in zones:
        yield zone.id, f"{' '.join(zone.gates)} {ARROW} {', '.join(zone.permits)}"
        if zone.always:
            yield "", f"always: {', '.join(zone.always)}"
        if zone.admission:
            yield "", f"admitted by {zone.admission}"
        if (zone.days, zone.from_) != (EVERY_DAY, zone.to):
            yield "", f"only {hours(zone)}"
        yield "", "others stay out" if zone.action == "open" else "others are flagged"
        if zone.actuator:
            yield "", f"lowers {address(zone.actuator)}"


def _alert_rows(site: Site) -> Iterator[tuple[str, ...]]:
    for route in site.alerts:
        yield _asked(route), f"{ARROW} {', '.join(route.channels)}"
    for name, channel in site.channels.items():
        yield name, _way_out(channel)


def _receiver_rows(site: Site) -> Iterator[tuple[str, ...]]:
    for name, one in site.receivers.items():
        where = str(one.folder) if one.folder else address(one.to)
        sealed = ", encrypted" if one.recipient else ""
        yield name, f"{ARROW} {where}{sealed}: {', '.join(one.cases)}"


def _way_out(channel: Channel) -> str:
    match channel:
        case Webhook():
            way = f"webhook at {address(channel.url)}"
        case Email():
            way = f"mail by {channel.host} to {', '.join(channel.to)}"
        case Apprise():
            way = f"Apprise, as {channel.url} says"
        case Mqtt():
            way = f"MQTT at {channel.host}:{channel.port}, topic {channel.topic}"
        case Script():
            way = f"runs {channel.command[0]}"
        case never:
            assert_never(never)
    plates = ", with plates" if isinstance(channel, ForPeople) and channel.plates else ""
    quiet = f", quiet {hours(channel.quiet)}" if channel.quiet else ""
    return f"{way}{plates}{quiet}"


def _asked(route: AlertRoute) -> str:
    when = route.when
    asked = [str(when.kind)]
    if when.priority_min is not None:
        asked.append(f"priority {when.priority_min} and up")
    named = filter(None, (when.verdicts, when.lists, when.cameras))
    asked += [" or ".join(names) for names in named]
    return ", ".join(asked)


def _warnings(site: Site) -> Table:
    table = Table.grid(padding=(0, 1))
    for problem in warnings(site):
        table.add_row(Text("!", style="yellow"), Text(str(problem)))
    return table


def view(camera: Camera) -> str:
    """Say when and where in its view a camera's plates are read: `triggered, plates 60-220 px`."""
    triggered = "triggered" if camera.triggered else ""
    region = f"reads {camera.region_share:.0%} of its view" if camera.region else ""
    masks = f"{len(camera.ignore)} masked" if camera.ignore else ""
    widths = "plates {:g}-{:g} px".format(*camera.plate_px) if camera.plate_px else ""
    return ", ".join(filter(None, (triggered, region, masks, widths)))


def branch(number: int, count: int) -> str:
    """Draw the way to one of `count` exits, counted from 0."""
    if count == 1:
        return f"─{ARROW}"
    if number == 0:
        return "─┬▶"
    return " └▶" if number == count - 1 else " ├▶"


def duration(seconds: float) -> str:
    """Write a duration in the largest unit that keeps it whole: `15 min`, `19 h`, `90 s`."""
    whole = timedelta(seconds=seconds)
    for unit, size in (("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if whole >= size and whole % size == timedelta(0):
            return f"{whole // size} {unit}"
    return f"{seconds:g} s"


def hours(when: Hours) -> str:
    """Write days and hours, such as `mon tue 07:00-19:00, not on flemish-schools`."""
    days = "daily" if when.days == EVERY_DAY else " ".join(when.days)
    span = "" if when.from_ == when.to else f" {when.from_:%H:%M}-{when.to:%H:%M}"
    holidays = f", not on {when.except_holidays}" if when.except_holidays else ""
    return f"{days}{span}{holidays}"


def address(url: str) -> str:
    """Name where a URL leads, without name, path or query: a secret may stand there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

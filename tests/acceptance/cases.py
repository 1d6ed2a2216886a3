"""What became cases in a folder of data, packed as the zone would."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from anpr.events import Access, LockTransit, SectionTransit, parse_event
from anpr.sites import parse_site
from pipeline.settings import Mode
from pipeline.wiring import IMAGES, SITE_COPY, open_database, packer_of
from sinks.evidence.exporting import Exported, export
from sinks.evidence.facts import gather
from sinks.images import FolderImages
from sinks.store.schema import events

CANDIDATES = ("violation", "through", "deny", "flag")


def packed(data: Path, out: Path) -> list[Exported]:
    """Pack every candidate, reviewed or not."""
    site = parse_site((data / SITE_COPY).read_text("utf-8"), SITE_COPY)
    engine = open_database(data, Mode())
    wanted = select(events.c.body).where(
        events.c.verdict.in_(CANDIDATES), events.c.withdrawn.is_(False)
    )
    with engine.connect() as connection:
        found = [parse_event(body) for body in connection.scalars(wanted)]
        cases = [
            gather(connection, site, one)
            for one in found
            if isinstance(one, SectionTransit | LockTransit | Access)
        ]
    engine.dispose()
    packer = packer_of(site, data, str)
    now = datetime.fromtimestamp(cases[0].event.at.timestamp() + 60, UTC)
    return list(export(cases, packer, FolderImages(data / IMAGES), out, now))

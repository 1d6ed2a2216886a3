"""What a site may do but will come to regret: none of it stops a start."""

import re
from collections.abc import Iterator

from anpr.errors import Problem
from anpr.sites.channels import Email, ForPeople, Mqtt
from anpr.sites.enforcement import Section
from anpr.sites.model import Site

SECTION_CLOCK_MS = 100
"""How far the clock of a section's camera may be off without costing violations."""


BARE_HTTP = re.compile(r"http://(\[[^]]*]|[^/:]*)")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})


def warnings(site: Site) -> tuple[Problem, ...]:
    """List what works but is probably not meant, with what to write instead."""
    return tuple(
        warning
        for check in (_cameras, _sections, _locks, _zones, _alerts, _receivers)
        for warning in check(site)
    )


def _cameras(site: Site) -> Iterator[Problem]:
    used = _used_cameras(site)
    for camera in site.cameras:
        where = f"cameras ({camera.id})"
        if camera.token is None:
            yield Problem(
                f"{where}.token",
                "without a token the camera cannot push",
                "Write token = 'env:NAME' or 'file:PATH'.",
            )
        if camera.triggered and camera.region is None and camera.plate_px is None:
            yield Problem(
                f"{where}.region",
                "a plate behind the vehicle at the trigger may be read as its own",
                "Write region, or plate_px, so that only plates at the trigger are read.",
            )
        if camera.id not in used:
            yield Problem(
                where,
                "no section, lock or zone uses the camera; it only searches lists",
                "Name it where it belongs, or leave it so.",
            )


def _used_cameras(site: Site) -> frozenset[str]:
    sections = [(*section.entry, *section.exit) for section in site.sections]
    locks = [(*lock.entries, *lock.exits, *lock.inside) for lock in site.locks]
    zones = [zone.gates for zone in site.zones]
    stretches = [(*stretch.entry, *stretch.exit) for stretch in site.overtaking]
    lines = [line.cameras for line in site.lines]
    named = (*sections, *locks, *zones, *stretches, *lines)
    return frozenset(name for names in named for name in names)


def _sections(site: Site) -> Iterator[Problem]:
    for section in site.sections:
        where = f"sections ({section.id})"
        if section.certificate is None:
            yield Problem(
                f"{where}.certificate",
                "without a certificate a violation may not stand before a court",
                "Write certificate = { device = '...', approval = '...', verified_until = DATE }.",
            )
        if section.length_m / section.limit_kmh * 3.6 > section.max_travel_s:
            yield Problem(
                f"{where}.max_travel_s",
                f"whoever keeps to {section.limit_kmh} km/h takes longer than this",
                "Write more seconds, or check length_m.",
            )
        yield from _coarse_clocks(site, section)


def _coarse_clocks(site: Site, section: Section) -> Iterator[Problem]:
    """Say what a clock that is known only roughly costs: it comes off every speed."""
    travel_s = section.length_m / section.limit_kmh * 3.6
    for id_ in (*section.entry, *section.exit):
        camera = site.camera(id_)
        if camera is not None and camera.clock_error_ms > SECTION_CLOCK_MS:
            lost = 100 * camera.clock_error_ms / 1000 / travel_s
            yield Problem(
                f"cameras ({id_}).clock_error_ms",
                f"{camera.clock_error_ms:g} ms takes {lost:.1f} % off the speed that section "
                f"{section.id} can prove",
                f"Keep its clock within {SECTION_CLOCK_MS} ms, or take it out of the section.",
            )


def _locks(site: Site) -> Iterator[Problem]:
    for lock in site.locks:
        through = {"through_within_s": lock.through_within_s, **lock.pairs}
        for key, seconds in through.items():
            if seconds >= lock.max_stay_s:
                yield Problem(
                    f"locks ({lock.id}).{key}",
                    "it is not shorter than max_stay_s, so that no stay is ever local",
                    "Write fewer seconds.",
                )


def _zones(site: Site) -> Iterator[Problem]:
    for zone in site.zones:
        where = f"zones ({zone.id})"
        if zone.actuator and zone.secret is None:
            yield Problem(
                f"{where}.secret",
                "the actuator is called without a signature",
                "Write secret = 'env:NAME' or 'file:PATH'.",
            )
        if zone.action == "open" and zone.actuator is None:
            yield Problem(
                f"{where}.actuator",
                "action is 'open', but there is nothing to open",
                "Write actuator = 'https://...', or action = 'flag'.",
            )


def _alerts(site: Site) -> Iterator[Problem]:
    if not any(route.when.kind == "hit" for route in site.alerts):
        yield Problem(
            "alerts",
            "no route carries hits, so that nobody is told of one",
            "Add [[alerts]] with when = { kind = 'hit' } and channels = ['console'].",
        )
    named = {
        channel
        for route in site.alerts
        for channel in (*route.channels, *(one for e in route.escalate for one in e.channels))
    } | {channel for network in site.networks.values() for channel in network.channels}
    for channel in sorted(site.channels.keys() - named):
        yield Problem(
            f"channels.{channel}", "no alert goes there", "Name it in a route's channels."
        )
    yield from _channels(site)
    for number, route in enumerate(site.alerts, 1):
        for name in sorted(site.permit_lists.intersection(route.when.lists or ())):
            yield Problem(
                f"alerts[{number}].when.lists",
                f"{name!r} is a permit list and gives no hits",
                "Name a hotlist.",
            )


def _receivers(site: Site) -> Iterator[Problem]:
    for name, one in sorted(site.receivers.items()):
        host = BARE_HTTP.match(one.to)
        if host and host[1] not in LOOPBACK and one.recipient is None:
            yield Problem(
                f"receivers.{name}.to",
                "packages go over the network for anybody to read",
                "Write https://..., or the recipient that they are encrypted for.",
            )


def _channels(site: Site) -> Iterator[Problem]:
    for name, channel in sorted(site.channels.items()):
        if isinstance(channel, Mqtt) and not channel.tls and channel.host not in LOOPBACK:
            yield Problem(
                f"channels.{name}.tls",
                "plates go over the network for anybody to read",
                "Leave `tls` out, and let the broker speak TLS.",
            )
        if isinstance(channel, Email) and channel.security == "none" and channel.user:
            yield Problem(
                f"channels.{name}.security",
                "the password goes over the network for anybody to read",
                "Write security = 'starttls' or 'tls'.",
            )
    people = [name for name, one in site.channels.items() if isinstance(one, ForPeople)]
    if people and site.site.console_url is None:
        yield Problem(
            "site.console_url",
            f"what {', '.join(sorted(people))} sends has no link to the alert",
            "Write console_url = 'https://...', where people reach the console.",
        )

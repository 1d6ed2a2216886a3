"""Make the channels of a site; only those that it names load what they need."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from anpr.sites import Site
from anpr.sites.channels import Apprise, Email, Mqtt, Script, Webhook
from sinks.alerts.channel import Channel
from sinks.alerts.text import Writer
from sinks.signing import Secrets


def channels_of(site: Site, secrets: Secrets, now: Callable[[], datetime]) -> dict[str, Channel]:
    """Make the channels of a site, by name."""
    return {name: _channel(site, terms, secrets, now) for name, terms in site.channels.items()}


def _channel(
    site: Site,
    terms: Webhook | Email | Apprise | Mqtt | Script,
    secrets: Secrets,
    now: Callable[[], datetime],
) -> Channel:
    match terms:
        case Webhook():
            from sinks.alerts.webhook import Webhook as Hook

            return Hook(terms.url, terms.secret, secrets, now)
        case Email():
            from sinks.alerts.mail import Mail

            return Mail(terms, Writer(site, terms), secrets, now)
        case Apprise():
            from sinks.alerts.chat import Chat

            return Chat(terms, Writer(site, terms), secrets)
        case Mqtt():
            from sinks.alerts.broker import Broker

            return Broker(terms, secrets)
        case Script():
            from sinks.alerts.script import Program

            return Program(terms)
        case never:
            assert_never(never)

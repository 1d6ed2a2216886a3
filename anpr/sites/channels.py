"""The ways out of a site: where alerts go, and what each way may carry."""

from typing import Annotated, Literal

from pydantic import Field

from anpr.sites.enforcement import Hours
from anpr.sites.values import Part, Seconds, SecretRef, Url

Language = Literal["nl", "en"]
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:\[\]-]{1,253}$")]
Address = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)]
Addresses = Annotated[tuple[Address, ...], Field(min_length=1)]


class Quiet(Hours):
    """`[channels.NAME.quiet]`: hours at which only what is urgent goes there."""

    priority_min: Annotated[int, Field(ge=0, le=101)] = 80
    """the least priority of a hit that goes there all the same, from 0 to 101"""


class AnyChannel(Part):
    """What every way out has in common."""

    dispatch: bool = False
    """true where a dispatcher sits at the other end: what is not confirmed goes only there"""
    live_s: Seconds = 300
    """the seconds after which an alert that could not be delivered is no longer sent as live"""
    group_s: Annotated[float, Field(ge=0, le=3600)] = 0
    """the seconds within which what follows a message at the same place waits to go together"""
    quiet: Quiet | None = None
    """a table of hours with from and to at which only what is urgent goes there"""


class Webhook(AnyChannel):
    """A signed call over HTTP."""

    type: Literal["webhook"]
    """'webhook'"""
    url: Url
    """the address that is called, such as https://dispatch.example/anpr"""
    secret: SecretRef
    """where the secret that signs is kept: env:NAME or file:PATH, never the secret itself"""
    dispatch: bool = True
    """false where no dispatcher sits at the other end: what is not confirmed stays away then"""


class ForPeople(AnyChannel):
    """What people read outside of the zone: without plates, unless it says so."""

    plates: bool = False
    """true where the message may name the plate"""
    language: Language = "nl"
    """'nl' or 'en'"""


class Email(ForPeople):
    """Mail, by the organisation's own server."""

    type: Literal["email"]
    """'email'"""
    host: Host
    """the mail server, such as 'smtp.example.be'"""
    port: Port = 587
    """its port, such as 587"""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """'starttls', 'tls' or 'none'"""
    user: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """the name to log in with; none: without logging in"""
    password: SecretRef | None = None
    """where the password is kept: env:NAME or file:PATH, never the password itself"""
    sender: Address
    """whom the mail comes from, such as 'anpr@zone.example.be'"""
    to: Addresses
    """whom it goes to, such as ['dispatch@zone.example.be']"""


class Apprise(ForPeople):
    """SMS, chat and much else, by way of Apprise."""

    type: Literal["apprise"]
    """'apprise'"""
    url: SecretRef
    """where the Apprise URL is kept: env:NAME or file:PATH, never the URL itself"""


class Mqtt(AnyChannel):
    """Messages at a broker."""

    type: Literal["mqtt"]
    """'mqtt'"""
    host: Host
    """the broker, such as 'mqtt.example.be'"""
    port: Port = 8883
    """its port, such as 8883"""
    tls: bool = True
    """false for a connection that anybody on the way can read"""
    topic: Annotated[str, Field(pattern=r"^[^#+\x00]+$", max_length=200)]
    """the topic, such as 'anpr/alerts'"""
    user: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """the name to log in with"""
    password: SecretRef | None = None
    """where the password is kept: env:NAME or file:PATH, never the password itself"""


class Script(AnyChannel):
    """A program of the operator's own."""

    type: Literal["script"]
    """'script'"""
    command: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    """the program and its arguments, such as ['/opt/zone/alarm', '--siren']; no shell reads it"""
    timeout_s: Annotated[float, Field(gt=0, le=10)] = 5
    """the seconds after which it is stopped, at most 10"""


Channel = Annotated[Webhook | Email | Apprise | Mqtt | Script, Field(discriminator="type")]
"""`[channels.NAME]`: a way out. `console` needs no entry."""

CHANNELS: dict[str, type[AnyChannel]] = {
    "webhook": Webhook, "email": Email, "apprise": Apprise, "mqtt": Mqtt, "script": Script,
}  # fmt: skip
"""The kinds of channel, by their `type`."""


def secrets_of(channel: AnyChannel) -> list[str]:
    """Give the references to secrets that a channel resolves."""
    named = (getattr(channel, key, None) for key in ("secret", "password"))
    url = channel.url if isinstance(channel, Apprise) else None
    return [one for one in (*named, url) if one]

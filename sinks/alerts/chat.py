"""A channel that sends SMS, chat messages and whatever else Apprise knows."""

import logging

from apprise import Apprise

from anpr.errors import SecretError
from anpr.sites.channels import Apprise as Terms
from sinks.alerts.channel import Fate, Outcome
from sinks.alerts.text import Writer
from sinks.signing import Secrets

# What it logs may hold the address, and that the secret; its answer is told by the delivery log.
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False
logging.getLogger("urllib3").setLevel(logging.INFO)


class Chat:
    """A `Channel` by way of Apprise, whose URL is the secret: it holds what opens the service."""

    def __init__(self, terms: Terms, writer: Writer, secrets: Secrets) -> None:
        self._terms = terms
        self._writer = writer
        self._secrets = secrets

    def send(self, body: bytes, key: str) -> Outcome:
        """Send one message; a service that knows no keys is told its first signs in the text."""
        text = self._writer.write(body)
        services = Apprise()
        try:
            is_known = services.add(self._secrets(self._terms.url))
        except SecretError as error:
            return Outcome(Fate.RETRY, str(error))
        if not is_known:
            return Outcome(Fate.RETRY, f"{self._terms.url!r} holds no URL that Apprise knows")
        if services.notify(title=text.title, body=f"{text.body}\nref {key[:8]}"):
            return Outcome(Fate.SENT, "taken")
        return Outcome(Fate.RETRY, "the service did not take it")

    def close(self) -> None:
        """Nothing stays open."""

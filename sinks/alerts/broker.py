"""A channel that publishes at an MQTT broker."""

import ssl
from threading import Event

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from anpr.errors import SecretError
from anpr.sites.channels import Mqtt
from sinks.alerts.channel import Fate, Outcome
from sinks.signing import Secrets

TIMEOUT_S = 5.0
"""For the connection, and for the broker's receipt."""


class Broker:
    """A `Channel` over MQTT 3.1.1, quality of service 1: sent is what the broker confirmed.

    A connection is kept until something goes wrong with it. The key stands in the message.
    """

    def __init__(self, terms: Mqtt, secrets: Secrets, timeout_s: float = TIMEOUT_S) -> None:
        self._terms = terms
        self._secrets = secrets
        self._timeout_s = timeout_s
        self._client: Client | None = None

    def send(self, body: bytes, key: str) -> Outcome:
        """Publish one message and wait for the broker's receipt."""
        try:
            client = self._client or self._connected()
            self._client = client
            receipt = client.publish(self._terms.topic, body, qos=1)
            receipt.wait_for_publish(self._timeout_s)
            is_taken = receipt.is_published()
        except SecretError as error:
            return Outcome(Fate.RETRY, str(error))
        except (OSError, ValueError, RuntimeError) as error:
            self.close()
            return Outcome(Fate.RETRY, type(error).__name__)
        if is_taken:
            return Outcome(Fate.SENT, "confirmed")
        self.close()  # with what it would still send by itself
        return Outcome(Fate.RETRY, "no receipt in time")

    def close(self) -> None:
        """Let go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _connected(self) -> Client:
        """Connect, and wait until the broker lets us in. Raises OSError and SecretError."""
        client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        if self._terms.user is not None:
            password = self._secrets(self._terms.password) if self._terms.password else None
            client.username_pw_set(self._terms.user, password)
        if self._terms.tls:
            client.tls_set_context(ssl.create_default_context())
        answered = Event()
        client.on_connect = lambda *_: answered.set()
        client.connect_timeout = self._timeout_s
        if client.connect(self._terms.host, self._terms.port) != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ConnectionError
        client.loop_start()
        if not answered.wait(self._timeout_s) or not client.is_connected():
            client.disconnect()
            client.loop_stop()
            raise ConnectionRefusedError
        return client

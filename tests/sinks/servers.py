"""Real servers of the test's own: one for mail, one for MQTT, one for what Apprise calls."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from time import monotonic
from typing import Any

from aiosmtpd.controller import Controller
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

BROKER = """
import asyncio, sys
from amqtt.broker import Broker

async def serve(port):
    settings = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    broker = Broker(settings)
    await broker.start()
    print("listening", flush=True)
    await asyncio.Event().wait()

asyncio.run(serve(int(sys.argv[1])))
"""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class MailServer:
    """A mail server that answers as told: the codes of its next answers; the last one stays."""

    port: int
    answers: list[str] = field(default_factory=lambda: ["250 taken"])
    refused: set[str] = field(default_factory=set)
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such address"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return answer


@contextmanager
def mail_server(port: int | None = None) -> Iterator[MailServer]:
    server = MailServer(port or free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@contextmanager
def mqtt_broker(port: int) -> Iterator[None]:
    """A broker in a process of its own, so that it can be killed."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", BROKER, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"listening"
        yield
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def subscribed(port: int, topic: str) -> Iterator[list[bytes]]:
    """What comes on a topic, as it comes."""
    came: list[bytes] = []
    ready = Event()
    client = Client(CallbackAPIVersion.VERSION2)

    def subscribe(*_: object) -> None:
        client.subscribe(topic, qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: ready.set()

    def take(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        came.append(bytes(message.payload))

    client.on_message = take
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert ready.wait(5)
        yield came
    finally:
        with suppress(OSError):
            client.disconnect()
        client.loop_stop()


def arrived(came: list[bytes], count: int, within_s: float = 5) -> bool:
    deadline, pause = monotonic() + within_s, Event()
    while len(came) < count and monotonic() < deadline:
        pause.wait(0.005)
    return len(came) >= count

"""A whole zone with every kind of channel: what leaves it, and what takes it back."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.sites import parse_site
from bench.zones.feed import dispatcher
from pipeline.clock import now
from pipeline.controls import publish_list
from pipeline.settings import RunSettings
from pipeline.zone import RunningZone, running
from tests.sinks.receiver import Receiver, receiving
from tests.sinks.servers import MailServer, free_port, mail_server, mqtt_broker, subscribed
from tests.sinks.test_delivery import eventually

PLATE, LIKE = "1ABC234", "1XYZ789"
STAGES = frozenset({"ingest", "rules", "sinks", "console"})
SITE = """
[site]
name = "Testdorp"
timezone = "Europe/Brussels"
country = "BE"
console_url = "https://anpr.example"
[[cameras]]
id = "noord"
lat = 51.0
lon = 4.0
token = "env:CAMERA"
[[alerts]]
when = { kind = "hit" }
channels = ["console", "hook", "mail", "chat", "broker", "program"]
[channels.hook]
type = "webhook"
url = "{hook}"
secret = "env:HOOK"
[channels.mail]
type = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "anpr@zone.example"
to = ["chief@zone.example"]
[channels.chat]
type = "apprise"
url = "env:CHAT"
[channels.broker]
type = "mqtt"
host = "127.0.0.1"
port = {mqtt}
tls = false
topic = "anpr/alerts"
[channels.program]
type = "script"
command = ["{python}", "-c", "import sys; open('{told}', 'a').write(sys.stdin.read() + chr(10))"]
"""


@dataclass
class World:
    """A running zone, and what its channels lead to."""

    zone: RunningZone
    hook: Receiver
    mail: MailServer
    published: list[bytes]
    told: Path

    def put(self, version: int, *rows: str) -> None:
        text = "plate_pattern,match_mode,priority\n" + "\n".join(rows)
        entries = parse_list(text, "stolen", ZoneInfo("UTC"))
        publish_list(self.zone.log, parts_of("stolen", version, now(), entries))
        self.zone.controls.refresh()

    def push(self, plate: str) -> None:
        url = f"http://127.0.0.1:{self.zone.port}/v1/cameras/noord/reads"
        read = {
            "camera": "noord", "captured_at": now().isoformat(), "plate": plate, "confidence": 0.97,
        }  # fmt: skip
        answer = httpx.post(url, json=read, headers={"Authorization": "Bearer token"})
        answer.raise_for_status()

    def machines(self) -> dict[str, list[dict[str, Any]]]:
        """The JSON that came at each channel for machines."""
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        came: dict[str, Sequence[bytes | str]] = {
            "hook": [one.body for one in self.hook.calls if one.path == "/hook"],
            "broker": self.published,
            "program": lines,
        }
        return {name: [json.loads(body) for body in bodies] for name, bodies in came.items()}

    def people(self) -> dict[str, list[str]]:
        """All that came at each channel for people: headers, titles and text."""
        mails = [f"{one.items()} {one.get_content()}" for one in self.mail.taken]
        chats = [
            f"{one.headers} {json.loads(one.body)}"
            for one in self.hook.calls
            if one.path == "/chat"
        ]
        return {"mail": mails, "chat": chats}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("zone")
    with ExitStack() as stack:
        hook, port = stack.enter_context(receiving()), free_port()
        mail = stack.enter_context(mail_server())
        stack.enter_context(mqtt_broker(port))
        published = stack.enter_context(subscribed(port, "anpr/alerts"))
        told = folder / "told"
        text = SITE
        for name, value in {
            "hook": hook.url, "mail": mail.port, "mqtt": port, "python": sys.executable,
            "told": told,
        }.items():  # fmt: skip
            text = text.replace("{" + name + "}", str(value))
        chat = hook.url.replace("http://", "json://").replace("/hook", "/chat")
        secrets = {"env:CAMERA": "token", "env:HOOK": "secret", "env:CHAT": chat}
        site, settings = parse_site(text, "zone.toml"), RunSettings(folder, port=0, stages=STAGES)
        zone = stack.enter_context(running(site, text, settings, now, secrets.__getitem__))
        world = World(zone, hook, mail, published, told)
        world.put(1, f"{LIKE[:-1]}?,wildcard,90", f"{PLATE},exact,60")
        world.push(LIKE)
        eventually(lambda: len(world.machines()["hook"]) == 1, within_s=30)
        world.push(PLATE)
        eventually(everywhere(world, 1), within_s=30)
        yield world


def everywhere(world: World, count: int) -> Callable[[], bool]:
    """Whether so many messages came at each channel, at the dispatchers' one more."""

    def has_come() -> bool:
        came: dict[str, Sequence[object]] = {**world.machines(), **world.people()}
        return all(len(told) >= count + (name == "hook") for name, told in came.items())

    return has_come


def test_what_is_not_confirmed_goes_to_dispatch_alone_and_says_so(world: World) -> None:
    first, *_ = world.machines()["hook"]
    assert (first["event"]["plate"], first["event"]["match"]) == (LIKE, "wildcard")
    assert first["words"] == [
        "not confirmed: the plate fits the entry's pattern, compare the picture"
    ]
    others = {name: told[0] for name, told in world.machines().items() if name != "hook"}
    assert {one["event"]["plate"] for one in others.values()} == {PLATE}


def test_every_channel_tells_when_the_list_was_last_updated(world: World) -> None:
    for name, told in world.machines().items():
        assert told[-1]["event"]["list_updated_at"], name
    for name, texts in world.people().items():
        assert "laatst bijgewerkt: " in texts[0], name
        assert "niet bekend" not in texts[0], name


def test_what_people_read_has_camera_priority_and_link_and_no_plate_anywhere(world: World) -> None:
    number = world.machines()["broker"][0]["alert"]
    for name, texts in world.people().items():
        for text in texts:
            assert PLATE not in text.replace("-", "").replace(" ", ""), name
        for part in ("noord", "prioriteit 60", f"https://anpr.example/alerts/{number}"):
            assert part in texts[0], name


def test_the_page_of_an_alert_tells_how_each_delivery_went(world: World) -> None:
    number = world.machines()["broker"][0]["alert"]
    headers = {"Authorization": f"Bearer {dispatcher(world.zone.engine)}"}
    url = f"http://127.0.0.1:{world.zone.port}/api/alerts/{number}"

    def states() -> dict[str, str]:
        told = httpx.get(url, headers=headers).raise_for_status().json()
        return {one["channel"]: one["state"] for one in told["deliveries"]}

    eventually(lambda: set(states().values()) == {"sent"}, within_s=10)
    assert sorted(states()) == ["broker", "chat", "hook", "mail", "program"]


def test_taking_the_entry_off_its_list_recalls_the_alert_on_every_channel(world: World) -> None:
    number = world.machines()["broker"][0]["alert"]
    world.put(2, f"{LIKE[:-1]}?,wildcard,90")
    eventually(everywhere(world, 2), within_s=30)
    for name, told in world.machines().items():
        assert (told[-1]["alert"], told[-1]["state"]) == (number, "recalled"), name
    for name, texts in world.people().items():
        assert "HERROEPEN" in texts[-1], name
        assert "van de lijst gehaald" in texts[-1], name
        assert PLATE not in texts[-1].replace("-", ""), name

"""Mail, chat, MQTT and scripts against real servers: what they carry, and what is tried again."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from anpr.errors import SecretError
from anpr.sites import Site
from sinks.alerts import words
from sinks.alerts.channel import Channel, Fate
from sinks.alerts.channels import channels_of
from sinks.alerts.dutch import in_dutch
from sinks.alerts.payload import AlertPayload, Notice, Together
from sinks.alerts.words import RECALLED, UNCONFIRMED
from tests.sinks.build import T0, camera_state, hit, seconds, site
from tests.sinks.receiver import Receiver
from tests.sinks.servers import (
    MailServer,
    arrived,
    free_port,
    mail_server,
    mqtt_broker,
    subscribed,
)

MAIL: dict[str, Any] = {
    "type": "email",
    "host": "127.0.0.1",
    "security": "none",
    "sender": "anpr@zone.example",
    "to": ["dispatch@zone.example", "chief@zone.example"],
}
PLATE, PATTERN = "1ABC234", "1A?C*"


def zone(**channel: Any) -> Site:
    settings = {"name": "Testdorp", "timezone": "Europe/Brussels", "country": "BE"}
    return site(
        site={**settings, "console_url": "https://anpr.example/"}, channels={"out": channel}
    )


def channel(held: str = "", /, **terms: Any) -> Channel:
    return channels_of(zone(**terms), lambda _: held, lambda: T0)["out"]


def alert(event: Any = None, **changes: Any) -> bytes:
    event = event or hit(plate=PLATE, entry_plate=PATTERN, list_updated_at=T0 - seconds(3600))
    default: dict[str, Any] = {
        "alert": 41, "state": "open", "kind": event.kind, "site": "Testdorp", "camera": "north",
        "raised_at": T0, "event": event, "key": "k",
    }  # fmt: skip
    return AlertPayload(**{**default, **changes}).to_json()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_a_mail_says_where_how_urgent_and_where_to_look_and_names_no_plate(
    server: MailServer,
) -> None:
    assert channel(**MAIL, port=server.port).send(alert(), "key-1").fate is Fate.SENT
    (mail,) = server.taken
    told = f"{mail['Subject']}\n{mail.get_content()}"
    for part in ("prioriteit 80", "north", "https://anpr.example/alerts/41", "melding 41"):
        assert part in told
    assert "laatst bijgewerkt: 02/03/2026 08:00:00" in told
    assert "1ABC" not in told.replace("-", "")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (
        "<key-1@zone.example>",
        "auto-generated",
    )


def test_a_channel_that_may_carry_plates_names_the_plate(server: MailServer) -> None:
    channel(**MAIL, port=server.port, plates=True, language="en").send(alert(), "k")
    assert "plate: 1-ABC-234" in server.taken[0].get_content()


def test_what_is_said_of_one_alert_is_one_thread(server: MailServer) -> None:
    out = channel(**MAIL, port=server.port)
    out.send(alert(), "one")
    out.send(alert(state="recalled", words=(RECALLED,)), "two")
    first, second = server.taken
    assert first["References"] == second["References"]
    assert second["Subject"].startswith("[Testdorp] HERROEPEN")
    assert "herroepen" in second.get_content()


def test_what_is_not_confirmed_or_no_longer_live_says_so_first(server: MailServer) -> None:
    doubt = tuple(UNCONFIRMED.values())[:1]
    late = AlertPayload.model_validate_json(alert(words=doubt)).aged(T0 + seconds(7200))
    channel(**MAIL, port=server.port).send(late.to_json(), "k")
    (mail,) = server.taken
    assert mail["Subject"].startswith("[Testdorp] NIET LIVE: Treffer")
    first, second, *_ = mail.get_content().splitlines()
    assert first == "niet live: het gebeurde 120 min voor dit bericht"
    assert second.startswith("niet bevestigd")


@pytest.mark.parametrize(
    "said",
    [
        *UNCONFIRMED.values(),
        *(
            one
            for name, one in vars(words).items()
            if name.isupper() and name[0] != "_" and isinstance(one, str)
        ),
    ],
)
def test_all_that_is_said_of_alerts_is_said_in_dutch_too(said: str) -> None:
    assert in_dutch(said) != said


@pytest.mark.parametrize(
    "said, dutch",
    [
        (
            "delayed: it happened 3 min before this alert",
            "vertraagd: het gebeurde 3 min voor deze melding",
        ),
        ("nobody has taken it up for 60 s", "al 60 s heeft niemand dit opgenomen"),
        ("not sent to sms, mail: quiet hours", "niet verzonden naar sms, mail: stille uren"),
    ],
)
def test_words_with_a_number_or_a_name_are_said_in_dutch_too(said: str, dutch: str) -> None:
    assert in_dutch(said) == dutch


def test_several_alerts_go_in_one_mail(server: MailServer) -> None:
    both = Together(alerts=[AlertPayload.model_validate_json(alert(alert=n)) for n in (1, 2)])
    channel(**MAIL, port=server.port).send(both.to_json(), "k")
    (mail,) = server.taken
    assert mail["Subject"] == "[Testdorp] 2 meldingen"
    assert all(f"/alerts/{number}" in mail.get_content() for number in (1, 2))


def test_words_to_people_are_sent_as_they_were_written(server: MailServer) -> None:
    notice = Notice(site="Testdorp", title="BIN Noord", notice="Let op: wit busje.\nBel 101.")
    channel(**MAIL, port=server.port).send(notice.to_json(), "k")
    assert server.taken[0].get_content().splitlines() == notice.notice.splitlines()
    assert server.taken[0]["Subject"] == "BIN Noord"


@pytest.mark.parametrize("answer, fate", [("451 later", Fate.RETRY), ("554 never", Fate.REFUSED)])
def test_a_mail_server_says_whether_to_try_again(
    server: MailServer, answer: str, fate: Fate
) -> None:
    server.answers = [answer]
    outcome = channel(**MAIL, port=server.port).send(alert(), "k")
    assert (outcome.fate, outcome.detail) == (fate, f"SMTP {answer[:3]}")


def test_one_bad_address_does_not_keep_the_others_from_hearing(server: MailServer) -> None:
    server.refused = {"chief@zone.example"}
    outcome = channel(**MAIL, port=server.port).send(alert(), "k")
    assert (outcome.fate, outcome.detail) == (Fate.SENT, "1 of 2 addresses refused")
    server.refused = set(MAIL["to"])
    assert channel(**MAIL, port=server.port).send(alert(), "k").fate is Fate.REFUSED


def test_mail_goes_out_once_the_server_is_back() -> None:
    port = free_port()
    out = channel(**MAIL, port=port)
    assert out.send(alert(), "k").fate is Fate.RETRY
    with mail_server(port) as server:
        assert out.send(alert(), "k").fate is Fate.SENT
        assert len(server.taken) == 1


def test_a_server_without_tls_gets_no_mail_that_asks_for_it(server: MailServer) -> None:
    out = channel(**{**MAIL, "security": "starttls"}, port=server.port)
    assert (out.send(alert(), "k").fate, server.taken) == (Fate.RETRY, [])


def test_a_password_that_cannot_be_had_is_waited_for(server: MailServer) -> None:
    def missing(reference: str) -> str:
        raise SecretError(reference)

    site_ = zone(**MAIL, port=server.port, user="anpr", password="env:MAIL")  # noqa: S106 - a reference
    out = channels_of(site_, missing, lambda: T0)["out"]
    assert out.send(alert(), "k").fate is Fate.RETRY


@pytest.fixture
def spoken() -> Iterator[io.StringIO]:
    """Hear what a process would log: pytest's own capture also hears what is kept from the log."""
    log, heard = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(heard), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield heard
    log.removeHandler(handler)
    log.setLevel(level)


def test_a_chat_message_carries_no_plate_and_its_failures_are_tried_again(
    receiver: Receiver, spoken: io.StringIO
) -> None:
    receiver.statuses = [503, 200]
    url = receiver.url.replace("http://", "json://").replace("/hook", "/token-of-the-chat")
    out = channel(url, type="apprise", url="env:CHAT")
    assert [out.send(alert(), "12345678-9").fate for _ in range(2)] == [Fate.RETRY, Fate.SENT]
    told = json.loads(receiver.calls[-1].body)
    assert "prioriteit 80" in told["title"]
    assert "ref 12345678" in told["message"]
    assert "1ABC" not in str(told).replace("-", "")
    assert "token-of-the-chat" not in spoken.getvalue()


def test_a_reference_without_an_apprise_url_is_told_without_what_it_holds() -> None:
    outcome = channel("hunter2", type="apprise", url="env:CHAT").send(alert(), "k")
    assert outcome.fate is Fate.RETRY
    assert "hunter2" not in outcome.detail


def test_what_a_broker_confirmed_is_sent_and_a_broker_that_died_gets_it_again() -> None:
    port = free_port()
    with closing(channel(type="mqtt", host="127.0.0.1", port=port, tls=False, topic="a/b")) as out:
        with mqtt_broker(port), subscribed(port, "a/b") as came:
            assert out.send(alert(), "k").fate is Fate.SENT
            assert arrived(came, 1)
            assert AlertPayload.model_validate_json(came[0]).key == "k"
        assert out.send(alert(), "k").fate is Fate.RETRY
        with mqtt_broker(port), subscribed(port, "a/b") as came:
            assert out.send(alert(), "k").fate is Fate.SENT
            assert arrived(came, 1)


def script(folder: Path, text: str) -> list[str]:
    (folder / "script.py").write_text(text)
    return [sys.executable, str(folder / "script.py"), "; touch never $(id)"]


def test_a_script_gets_the_json_on_stdin_its_arguments_as_they_are_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCH_SECRET", "hunter2")
    text = (
        "import json, os, pathlib, sys\n"
        f"pathlib.Path({str(tmp_path / 'got')!r}).write_text(json.dumps("
        "[json.load(sys.stdin), sys.argv[1:], dict(os.environ)]))\n"
    )
    out = channel(type="script", command=script(tmp_path, text))
    assert out.send(alert(), "key-7").fate is Fate.SENT
    told, arguments, environment = json.loads((tmp_path / "got").read_text())
    assert told["event"]["plate"] == PLATE
    assert arguments == ["; touch never $(id)"]
    assert environment["ANPR_KEY"] == "key-7"
    assert "hunter2" not in environment.values()


@pytest.mark.parametrize("status, fate", [(1, Fate.RETRY), (75, Fate.RETRY), (65, Fate.REFUSED)])
def test_a_script_says_by_its_exit_whether_to_try_again(
    tmp_path: Path, status: int, fate: Fate
) -> None:
    out = channel(type="script", command=script(tmp_path, f"raise SystemExit({status})"))
    outcome = out.send(alert(), "k")
    assert (outcome.fate, outcome.detail) == (fate, f"exit {status}")


def test_a_script_that_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    text = "import subprocess; subprocess.run(['sleep', '60'])"
    out = channel(type="script", command=script(tmp_path, text), timeout_s=0.5)
    begun = monotonic()
    outcome = out.send(alert(), "k")
    assert (outcome.fate, outcome.detail) == (Fate.RETRY, "stopped after 0.5 s")
    assert monotonic() - begun < 20


def test_a_program_that_is_not_there_is_tried_again() -> None:
    assert channel(type="script", command=["/nowhere/x"]).send(alert(), "k").fate is Fate.RETRY


def test_every_kind_of_event_can_be_told(server: MailServer) -> None:
    out = channel(**MAIL, port=server.port)
    assert out.send(alert(camera_state()), "k").fate is Fate.SENT
    assert "Camera, north" in server.taken[0]["Subject"]

"""Lists whose hits were wrong too often: demoted, told once, and taken up again by a person."""

from typing import Any

import pytest
from sqlalchemy import Engine

from anpr.errors import UnusableInputError
from anpr.sites import Site
from anpr.sites.channels import Email, Quiet
from sinks.alerts import precision
from sinks.alerts.conditions import Terms
from sinks.alerts.demotion import NEWS_FOR, demote, demoted, restore, tell_changes
from sinks.alerts.payload import ListNotice, read_parcel
from sinks.alerts.precision import Precision
from sinks.alerts.routing import hearers
from sinks.alerts.text import Writer
from sinks.alerts.words import DEMOTED
from sinks.store.audit import latest_audit
from sinks.store.casework import Feedback
from sinks.store.engine import writing
from tests.sinks.build import T0, hit, seconds
from tests.sinks.conftest import Clock
from tests.sinks.desk import AN, Desk, zone

NIGHT = {"from": "22:00", "to": "06:00"}
ESCALATED = [{"after_s": 60, "channels": ["dispatch", "field"]}]


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> Desk:
    return Desk(engine, clock, zone())


def judged(desk: Desk, *says: Feedback) -> None:
    for number, one in enumerate(says, 1):
        name = f"{desk.clock().isoformat()} {number}"
        desk.take(hit(name, entry=name, at=desk.clock()))
        desk.say(len(desk.words()), one)


RIGHT, WRONG, OLD = Feedback.CONFIRMED, Feedback.REJECTED, Feedback.OUTDATED


def test_the_last_word_on_each_hit_makes_the_precision_of_its_list_and_camera(desk: Desk) -> None:
    judged(desk, RIGHT, WRONG, OLD, Feedback.DIFFERS, Feedback.ACKNOWLEDGED)
    desk.say(2, RIGHT)
    with desk.engine.connect() as connection:
        said = precision.judged_since(connection, T0)
    assert precision.by_list(said) == {"stolen": Precision(2, 1, 1)}
    assert precision.by_camera(said) == {"north": Precision(2, 1, 0)}
    assert precision.by_list(said)["stolen"].share == 0.5
    low, high = Precision(9, 1, 0).interval or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)


@pytest.mark.parametrize("right, wrong, is_demoted", [(3, 2, False), (2, 3, True), (1, 3, False)])
def test_a_list_below_its_floor_is_demoted_with_a_record(
    engine: Engine, clock: Clock, right: int, wrong: int, is_demoted: bool
) -> None:
    desk = Desk(engine, clock, zone(lists={"stolen": {"precision_after": 5}}))
    judged(desk, *[RIGHT] * right, *[WRONG] * wrong)
    assert bool(demote(engine, desk.site, clock())) is is_demoted
    assert demote(engine, desk.site, clock()) == [], "once"
    with engine.connect() as connection:
        assert bool(demoted(connection)) is is_demoted
        noted = [row.action for row in latest_audit(connection, 5)]
    assert ("list_demoted" in noted) is is_demoted


def test_hits_of_a_demoted_list_go_to_dispatch_only_and_say_so_until_a_person_restores_it(
    engine: Engine, clock: Clock
) -> None:
    desk = Desk(engine, clock, zone(lists={"stolen": {"precision_after": 5}}))
    judged(desk, *[WRONG] * 5)
    demote(engine, desk.site, clock())
    before = len(desk.posted())
    desk.take(hit("next", entry="next", at=clock()))
    assert [channel for channel, _ in desk.posted()[before:]] == ["dispatch"]
    assert desk.words()[-1] == DEMOTED
    clock.forward(seconds(1))
    with writing(engine) as connection:
        with pytest.raises(UnusableInputError):
            restore(connection, "stolen", AN, " ", clock())
        assert restore(connection, "stolen", AN, "the source was cleaned", clock())
    assert demote(engine, desk.site, clock()) == [], "what was said before counts no more"
    judged(desk, *[WRONG] * 5)
    assert len(demote(engine, desk.site, clock())) == 1


def posted(desk: Desk) -> list[tuple[str, str]]:
    """The channel and the state of each message about a list."""
    told = [(row.channel, read_parcel(row.body)) for row in desk.deliveries()]
    return [(name, notice.state) for name, notice in told if isinstance(notice, ListNotice)]


def falls(desk: Desk) -> None:
    judged(desk, *[WRONG] * 5)
    demote(desk.engine, desk.site, desk.clock())


def tell(desk: Desk, *, at_night: bool = False) -> int:
    is_night = Terms(lambda *_: at_night)
    return tell_changes(desk.engine, desk.site, is_night, desk.clock())


def heard(**changes: Any) -> Site:
    """A zone whose channels are mail to dispatch, mail to the field, and mail to a list's owner."""
    mail = {"type": "email", "host": "h", "sender": "a@b.example", "to": ["c@d.example"]}
    return zone(
        channels={"dispatch": {**mail, "dispatch": True}, "field": mail, "owner": mail},
        lists={"stolen": {"precision_after": 5, "owner": ["owner"], **changes}},
    )


def test_dispatch_and_the_owner_of_a_list_hear_once_that_it_is_demoted_and_taken_up_again(
    engine: Engine, clock: Clock
) -> None:
    desk = Desk(engine, clock, heard())
    assert tell(desk) == 0
    falls(desk)
    assert [tell(desk) for _ in range(2)] == [2, 0]
    assert sorted(posted(desk)) == [("dispatch", "demoted"), ("owner", "demoted")]
    clock.forward(seconds(60))
    with writing(engine) as connection:
        restore(connection, "stolen", AN, "1ABC234 was a typing error", clock())
    assert [tell(desk) for _ in range(2)] == [2, 0]
    assert sorted(posted(desk)[2:]) == [("dispatch", "restored"), ("owner", "restored")]
    falls(desk)
    assert tell(desk) == 2, "each time anew"
    keys = [row.key for row in desk.deliveries()]
    assert len(set(keys)) == len(keys)


def test_what_is_told_of_a_list_names_no_plate_and_not_the_words_of_a_person(
    engine: Engine, clock: Clock
) -> None:
    desk = Desk(engine, clock, heard())
    falls(desk)
    with writing(engine) as connection:
        restore(connection, "stolen", AN, "1ABC234 was a typing error", clock())
    tell(desk)
    told = [one.body for one in desk.deliveries() if one.alert_id is None]
    assert len(told) == 4
    assert not any("1ABC234" in body for body in told)


def test_a_list_for_few_is_told_only_where_a_route_names_it(engine: Engine, clock: Clock) -> None:
    desk = Desk(engine, clock, heard(visible_to=["investigator"]))
    assert hearers("stolen", desk.site) == ("owner",)
    when = {"kind": "hit", "lists": ["stolen"]}
    route = {"when": when, "channels": ["console"], "escalate": ESCALATED}
    named = desk.site.model_copy(update={"alerts": zone(alerts=[route]).alerts})
    assert hearers("stolen", named) == ("dispatch", "owner")
    assert hearers("missing", named) == ()


def test_a_channel_in_its_quiet_hours_hears_of_a_list_after_them(
    engine: Engine, clock: Clock
) -> None:
    site = heard()
    quiet = site.channels["owner"].model_copy(update={"quiet": Quiet.model_validate(NIGHT)})
    channels = {**site.channels, "owner": quiet}
    desk = Desk(engine, clock, site.model_copy(update={"channels": channels}))
    falls(desk)
    assert (tell(desk, at_night=True), posted(desk)) == (1, [("dispatch", "demoted")])
    clock.forward(seconds(8 * 3600))
    assert (tell(desk), posted(desk)[1:]) == (1, [("owner", "demoted")])


def test_what_nobody_could_be_told_of_for_a_day_is_no_news(engine: Engine, clock: Clock) -> None:
    desk = Desk(engine, clock, heard())
    falls(desk)
    clock.forward(NEWS_FOR + seconds(1))
    assert tell(desk) == 0


@pytest.mark.parametrize(
    "language, title, line",
    [
        ("nl", "[Testdorp] Lijst gedegradeerd: stolen", "beoordeeld: 5, juist: 0"),
        ("en", "[Testdorp] List demoted: stolen", "judged: 5, right: 0"),
    ],
)
def test_people_read_of_a_list_in_the_language_of_their_channel(
    engine: Engine, clock: Clock, language: str, title: str, line: str
) -> None:
    desk = Desk(engine, clock, heard())
    falls(desk)
    tell(desk)
    settings = desk.site.site.model_copy(update={"name": "Testdorp"})
    terms = desk.site.channels["owner"].model_copy(update={"language": language})
    assert isinstance(terms, Email)
    text = Writer(desk.site.model_copy(update={"site": settings}), terms).write(
        desk.deliveries()[-1].body.encode()
    )
    assert (text.title, line in text.body) == (title, True)

"""Look-ups that must be explained: of own and colleagues' plates, again and again, at odd hours."""

from datetime import datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select

from anpr.errors import AccessDeniedError, UnknownAccountError
from sinks.store.audit import MACHINE, Grounds, audit, record_audit
from sinks.store.engine import writing
from sinks.store.own_plates import own_plates, read_plates, set_own_plates
from sinks.store.people import Account, accounts, add_account
from sinks.store.questions import Period
from sinks.store.rights import Role
from sinks.store.sealing import with_vault
from sinks.store.self_audit import Finding, Sign, self_audit
from sinks.store.vault import Vault
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, hit, passage

AN = Account("an", frozenset({Role.INVESTIGATOR}))
BO = Account("bo", frozenset({Role.INVESTIGATOR}))
DPO = Account("dpo", frozenset({Role.DPO}))
OF_AN, OF_BO = "1ANA111", "1BOB222"
CASE = Grounds("judicial", "AN.1/26")
MINUTE = timedelta(minutes=1)
REPEATS = 3


@pytest.fixture
def vault() -> Vault:
    return Vault(Fernet.generate_key())


@pytest.fixture
def sealed(engine: Engine, vault: Vault) -> Engine:
    """A store in which two investigators and their vehicles are known."""
    with writing(engine) as connection:
        for one in (AN, BO, DPO):
            add_account(connection, one.name, one.roles, None, T0)
        set_own_plates(connection, vault, DPO, "an", [OF_AN])
        set_own_plates(connection, vault, DPO, "bo", [OF_BO])
    return with_vault(engine, vault)


def asks(engine: Engine, by: Account = AN, grounds: Grounds = CASE, **query: object) -> None:
    record_audit(engine, by, "search", T0, grounds=grounds, query=query)


def found_in(
    engine: Engine,
    vault: Vault,
    since: datetime = T0,
    until: datetime = T0 + MINUTE,
    *,
    is_in_service: bool = True,
) -> list[Finding]:
    with engine.connect() as connection:
        return self_audit(
            connection, vault, Period(since, until), repeats=REPEATS,
            is_in_service=lambda _: is_in_service,
        )  # fmt: skip


def signs(found: list[Finding]) -> list[tuple[Sign, str, str | None]]:
    return [(one.sign, one.account, one.of) for one in found]


def test_a_look_up_of_an_own_plate_and_of_a_colleagues_are_told_apart(
    sealed: Engine, vault: Vault
) -> None:
    asks(sealed, plate=OF_AN)
    asks(sealed, BO, plate=OF_AN)
    assert signs(found_in(sealed, vault)) == [
        (Sign.OWN, "an", "an"), (Sign.COLLEAGUE, "bo", "an")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "is_told"),
    [
        ({"plates": ["1XYZ999", OF_AN]}, True),
        ({"plate_pattern": OF_AN}, True),
        ({"plate": "1ANA1??"}, True),
        ({"plate": "1ANA???"}, False),  # so open a pattern is about nobody in particular
        ({"plate": "1AN*"}, False),
        ({"plate": "1ANAI11", "look_alikes": True}, True),
        ({"plate": "1ANAI11"}, False),
        ({"cameras": ["north"]}, False),
    ],
)
def test_whatever_means_the_plate_is_a_look_up_of_it(
    sealed: Engine, vault: Vault, query: dict[str, object], *, is_told: bool
) -> None:
    record_audit(sealed, AN, "search", T0, grounds=CASE, query=query)
    assert signs(found_in(sealed, vault)) == ([(Sign.OWN, "an", "an")] if is_told else [])


def test_opening_what_shows_the_plate_counts_too(sealed: Engine, vault: Vault) -> None:
    seen, event = passage(plate=OF_BO), hit(plate=OF_BO)
    StoreWriter(sealed, lambda: T0).write([seen], [event])
    record_audit(sealed, AN, "image", T0, query={"passage": seen.id, "basis": "hit"})
    record_audit(sealed, AN, "feedback", T0, query={"event": event.id})
    (finding,) = found_in(sealed, vault)
    assert (finding.sign, finding.of, finding.records) == (Sign.COLLEAGUE, "bo", (1, 2))


@pytest.mark.parametrize(("times", "is_told"), [(REPEATS - 1, False), (REPEATS, True)])
def test_one_plate_for_one_case_again_and_again_is_told(
    sealed: Engine, vault: Vault, times: int, *, is_told: bool
) -> None:
    for _ in range(times):
        asks(sealed, plate="1XYZ999")
    found = found_in(sealed, vault)
    assert [(one.sign, one.case_ref, len(one.records)) for one in found] == (
        [(Sign.REPEATED, "AN.1/26", times)] if is_told else []
    )


def test_another_case_another_person_another_plate_and_further_pages_are_no_repeats(
    sealed: Engine, vault: Vault
) -> None:
    asks(sealed, plate="1XYZ999")
    asks(sealed, plate="1XYZ999")
    asks(sealed, plate="1XYZ999", grounds=Grounds("judicial", "AN.2/26"))
    asks(sealed, BO, plate="1XYZ999")
    asks(sealed, plate="1XYZ998")
    asks(sealed, plate="1XYZ999", after="1.a")
    assert found_in(sealed, vault) == []


def test_searches_at_odd_hours_are_told_and_the_work_of_a_patrol_is_not(
    sealed: Engine, vault: Vault
) -> None:
    asks(sealed, plate="1XYZ999")
    record_audit(sealed, AN, "passage", T0, query={"passage": "x", "basis": "search"})
    record_audit(sealed, BO, "passage", T0, query={"passage": "x", "basis": "hit"})
    record_audit(sealed, BO, "login", T0)
    found = found_in(sealed, vault, is_in_service=False)
    assert [(one.sign, one.account, one.case_ref) for one in found] == [
        (Sign.ODD_HOURS, "an", None), (Sign.ODD_HOURS, "an", "AN.1/26")
    ]  # fmt: skip
    assert found_in(sealed, vault) == []


def test_a_period_takes_in_its_start_and_not_its_end(sealed: Engine, vault: Vault) -> None:
    asks(sealed, plate=OF_AN)
    microsecond = timedelta(microseconds=1)
    assert len(found_in(sealed, vault, T0, T0 + microsecond)) == 1
    assert found_in(sealed, vault, T0 - MINUTE, T0) == []
    assert found_in(sealed, vault, T0 + microsecond) == []


def test_records_of_one_sign_and_case_are_one_finding(sealed: Engine, vault: Vault) -> None:
    asks(sealed, plate=OF_BO)
    record_audit(sealed, AN, "search", T0 + MINUTE, grounds=CASE, query={"plate": OF_BO})
    (finding,) = found_in(sealed, vault, until=T0 + 2 * MINUTE)
    assert finding == Finding(
        Sign.COLLEAGUE, "an", "bo", "AN.1/26", (1, 2), T0, T0 + MINUTE
    )  # fmt: skip


def test_who_watches_and_the_zone_itself_look_nobody_up(sealed: Engine, vault: Vault) -> None:
    for action in ("audit_who", "audit_plates"):
        record_audit(sealed, DPO, action, T0, query={"plate": OF_AN})
    machine = Account(MACHINE, frozenset())
    record_audit(sealed, machine, "retention", T0, query={"plate": OF_AN})
    assert found_in(sealed, vault) == []


def test_a_disabled_colleague_is_one_still(sealed: Engine, vault: Vault) -> None:
    with writing(sealed) as connection:
        connection.execute(accounts.update().where(accounts.c.name == "bo").values(disabled=True))
    asks(sealed, plate=OF_BO)
    assert signs(found_in(sealed, vault)) == [(Sign.COLLEAGUE, "an", "bo")]


def test_own_plates_are_sealed_replaced_and_forgotten(sealed: Engine, vault: Vault) -> None:
    with writing(sealed) as connection:
        kept = connection.scalars(select(accounts.c.own_plates)).all()
        assert OF_AN not in "".join(filter(None, kept))
        set_own_plates(connection, vault, DPO, "an", ["1NEW111", "1NEW222"])
        set_own_plates(connection, vault, DPO, "bo", [])
        assert own_plates(connection, vault) == {"an": {"1NEW111", "1NEW222"}}


def test_nobody_names_their_own_plates(sealed: Engine, vault: Vault) -> None:
    with writing(sealed) as connection, pytest.raises(AccessDeniedError):
        set_own_plates(connection, vault, AN, "an", [])
    with writing(sealed) as connection, pytest.raises(UnknownAccountError):
        set_own_plates(connection, vault, DPO, "nobody", [])


def test_plates_are_read_as_people_write_them() -> None:
    assert read_plates(" 1-ana-111, 1ANA111\n1 BOB 222,,") == (OF_AN, OF_BO)
    assert read_plates("") == ()


def test_no_finding_names_a_plate(sealed: Engine, vault: Vault) -> None:
    for _ in range(REPEATS):
        asks(sealed, plate=OF_AN)
    found = found_in(sealed, vault, is_in_service=False)
    assert {one.sign for one in found} == {Sign.OWN, Sign.REPEATED, Sign.ODD_HOURS}
    assert OF_AN not in repr(found)
    with sealed.connect() as connection:
        assert OF_AN not in "".join(connection.scalars(select(audit.c.query)))

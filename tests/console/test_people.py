"""Accounts, tokens, logins, sessions, rights."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from anpr.errors import StoreError, UnknownAccountError
from sinks.store import logins, people
from sinks.store.engine import writing
from sinks.store.people import Account, add_account, authenticate_token, issue_token
from sinks.store.rights import Purpose, Right, Role, purposes_of, rights_of
from tests.console.zone import NOW, PASSWORD, Zone

SECOND = timedelta(seconds=1)


def test_a_token_recognises_its_account(zone: Zone, engine: Engine) -> None:
    token = zone.account("an", Role.INVESTIGATOR, Role.PATROL)
    with engine.connect() as connection:
        found = authenticate_token(connection, token)
    assert found == Account("an", frozenset({Role.INVESTIGATOR, Role.PATROL}))


def test_neither_tokens_nor_passwords_nor_sessions_are_stored(zone: Zone, engine: Engine) -> None:
    token = zone.account("an", Role.PATROL, password=PASSWORD)
    with writing(engine) as connection:
        session = logins.open_session(connection, Account("an", frozenset()), NOW)
        kept = [
            value
            for table in (people.accounts, people.tokens, logins.sessions)
            for row in connection.execute(select(table))
            for value in row
        ]
    assert not {token, PASSWORD, session} & set(map(str, kept))


def test_a_disabled_account_is_shut_out_everywhere(zone: Zone, engine: Engine) -> None:
    token = zone.account("an", Role.PATROL, password=PASSWORD)
    with writing(engine) as connection:
        session = logins.open_session(connection, Account("an", frozenset()), NOW)
        people.disable_account(connection, "an")
        assert authenticate_token(connection, token) is None
        assert people.list_accounts(connection) == []
    assert logins.authenticate_session(engine, session, NOW) is None
    assert logins.authenticate_password(engine, "an", PASSWORD, NOW).account is None


def test_revoked_tokens_are_worthless(zone: Zone, engine: Engine) -> None:
    token = zone.account("an", Role.PATROL)
    with writing(engine) as connection:
        assert people.revoke_tokens(connection, "an") == 1
        assert authenticate_token(connection, token) is None


def test_a_name_is_taken_once(zone: Zone, engine: Engine) -> None:
    zone.account("an", Role.PATROL)
    with writing(engine) as connection, pytest.raises(StoreError, match="exists already"):
        add_account(connection, "an", [Role.ADMIN], None, NOW)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "an\nna"])
def test_an_unusable_name_is_refused(engine: Engine, name: str) -> None:
    with writing(engine) as connection, pytest.raises(StoreError, match="printable"):
        add_account(connection, name, [Role.ADMIN], None, NOW)


def test_an_account_has_a_role(engine: Engine) -> None:
    with writing(engine) as connection, pytest.raises(StoreError, match="no role"):
        add_account(connection, "an", [], None, NOW)


def test_a_password_has_ten_characters(engine: Engine) -> None:
    with writing(engine) as connection:
        with pytest.raises(StoreError, match="too short"):
            add_account(connection, "an", [Role.ADMIN], "123456789", NOW)
        add_account(connection, "an", [Role.ADMIN], "1234567890", NOW)


def test_an_unknown_account_gets_no_token(engine: Engine) -> None:
    with writing(engine) as connection, pytest.raises(UnknownAccountError):
        issue_token(connection, "nobody", NOW)


def test_a_password_is_recognised_until_it_is_changed(zone: Zone, engine: Engine) -> None:
    zone.account("an", Role.PATROL, password=PASSWORD)
    assert logins.authenticate_password(engine, " an ", PASSWORD, NOW).account
    with writing(engine) as connection:
        people.set_password(connection, "an", "another password")
    assert logins.authenticate_password(engine, "an", PASSWORD, NOW).account is None
    assert logins.authenticate_password(engine, "an", "another password", NOW).account


def test_an_account_without_password_cannot_sign_in(zone: Zone, engine: Engine) -> None:
    zone.account("an", Role.PATROL)
    assert logins.authenticate_password(engine, "an", "", NOW).account is None


@pytest.mark.parametrize(
    ("failures", "wait_s"),
    [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (12, 256), (13, 300), (99, 300)],
)
def test_the_wait_doubles_from_the_fifth_failure_on(failures: int, wait_s: int) -> None:
    assert logins.pause_after(failures) == timedelta(seconds=wait_s)


@pytest.mark.parametrize("name", ["an", "nobody"])
def test_guessing_is_slowed_for_known_and_unknown_names_alike(
    zone: Zone, engine: Engine, name: str
) -> None:
    zone.account("an", Role.PATROL, password=PASSWORD)
    tries = [logins.authenticate_password(engine, name, "wrong", NOW) for _ in range(6)]
    assert [one.wait.total_seconds() for one in tries] == [0, 0, 0, 0, 2, 2]


def test_a_right_password_does_not_jump_the_wait_and_clears_it_afterwards(
    zone: Zone, engine: Engine
) -> None:
    zone.account("an", Role.PATROL, password=PASSWORD)
    for _ in range(5):
        logins.authenticate_password(engine, "an", "wrong", NOW)
    early = logins.authenticate_password(engine, "AN", PASSWORD, NOW + SECOND)
    assert (early.account, early.wait) == (None, SECOND)
    assert logins.authenticate_password(engine, "an", PASSWORD, NOW + 2 * SECOND).account
    after = logins.authenticate_password(engine, "an", "wrong", NOW + 2 * SECOND)
    assert after.wait == timedelta(0)


def _session(zone: Zone, engine: Engine) -> str:
    zone.account("an", Role.PATROL)
    with writing(engine) as connection:
        return logins.open_session(connection, Account("an", frozenset({Role.PATROL})), NOW)


def test_an_idle_session_ends(zone: Zone, engine: Engine) -> None:
    session = _session(zone, engine)
    just_before = NOW + logins.SESSION_IDLE - SECOND
    assert logins.authenticate_session(engine, session, just_before)
    assert logins.authenticate_session(engine, session, just_before + logins.SESSION_IDLE) is None


def test_a_session_in_use_ends_after_a_shift(zone: Zone, engine: Engine) -> None:
    session = _session(zone, engine)
    hour = timedelta(hours=1)
    used = [
        logins.authenticate_session(engine, session, NOW + hour * count) is not None
        for count in range(1, 14)
    ]
    assert used == [True] * 11 + [False] * 2


def test_a_closed_session_is_over(zone: Zone, engine: Engine) -> None:
    session = _session(zone, engine)
    with writing(engine) as connection:
        logins.close_session(connection, session)
    assert logins.authenticate_session(engine, session, NOW) is None


def test_rights_add_up_over_roles() -> None:
    assert rights_of([Role.DPO, Role.STATISTICS]) == {
        Right.AUDIT,
        Right.STATISTICS,
        Right.CAMERAS,
    }


def test_only_those_who_investigate_search_and_traffic_only_for_traffic() -> None:
    may_search = {role for role in Role if Right.SEARCH in rights_of([role])}
    assert may_search == {Role.INVESTIGATOR, Role.TRAFFIC_OFFICER}
    assert purposes_of([Role.INVESTIGATOR]) == set(Purpose)
    assert purposes_of([Role.TRAFFIC_OFFICER]) == {Purpose.TRAFFIC}
    assert purposes_of(set(Role) - may_search) == set()


def test_who_keeps_the_accounts_does_not_see_the_audit_and_the_reverse() -> None:
    assert not any({Right.ACCOUNTS, Right.AUDIT} <= rights_of([role]) for role in Role)

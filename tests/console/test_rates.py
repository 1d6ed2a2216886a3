"""How much one sender may ask at once."""

from datetime import timedelta

import httpx
from hypothesis import given
from hypothesis import strategies as st

from console.rates import LIMITS, MOST_SENDERS, Buckets
from sinks.store.rights import Role
from tests.console.zone import Clock, Zone


def test_a_burst_is_free_and_then_time_refills_it() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    limit = LIMITS["login"]
    assert [buckets.take("login", "a") for _ in range(limit.burst)] == [0] * limit.burst
    assert buckets.take("login", "a") == 1 / limit.per_s
    clock.pass_(timedelta(seconds=1 / limit.per_s))
    assert buckets.take("login", "a") == 0
    assert buckets.take("login", "a") > 0


def test_one_sender_does_not_use_up_what_another_has() -> None:
    buckets = Buckets(Clock())
    while not buckets.take("login", "a"):
        pass
    assert buckets.take("login", "b") == 0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60))
def test_never_more_than_the_burst_and_what_time_gave(pauses_s: list[float]) -> None:
    clock = Clock()
    buckets = Buckets(clock)
    limit = LIMITS["login"]
    taken = 0
    for pause_s in pauses_s:
        clock.pass_(timedelta(seconds=pause_s))
        taken += sum(not buckets.take("login", "a") for _ in range(40))
    assert taken <= limit.burst + sum(pauses_s) * limit.per_s + 1


def test_senders_are_forgotten_in_order_so_that_memory_is_bounded() -> None:
    buckets = Buckets(Clock())
    while not buckets.take("login", "first"):
        pass
    for number in range(MOST_SENDERS):
        buckets.take("login", str(number))
    assert buckets.take("login", "first") == 0


def test_who_asks_too_fast_is_told_when_to_come_back(zone: Zone, client: httpx.Client) -> None:
    token = {"Authorization": f"Bearer {zone.token(Role.STATISTICS)}"}
    codes = [
        client.get("/nowhere", headers=token).status_code
        for _ in range(LIMITS["credential"].burst + 1)
    ]
    assert codes[-2:] == [403, 429]
    answer = client.get("/nowhere", headers=token)
    assert answer.headers["retry-after"] == "1"
    assert client.get("/healthz", headers=token).status_code == 200
    assert client.get("/nowhere").status_code == 403

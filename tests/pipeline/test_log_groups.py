"""How partitions are shared out, and that each message reaches one owner, in order."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
)

from anpr.ports import Commit, Message, Place, Record, TopicSpec
from pipeline.logs.consumer import EmbeddedConsumer
from pipeline.logs.embedded import EmbeddedLog
from pipeline.logs.groups import Member, balanced
from pipeline.logs.keys import partition_of
from pipeline.logs.memory import MemoryLog
from pipeline.logs.sqlite import SqliteLog
from tests.pipeline.log_brokers import START

TOPICS = ("reads", "passages")


@st.composite
def groups(draw: st.DrawFn) -> tuple[dict[str, int], list[Member], dict[Place, Member]]:
    """Draw a group: its topics, its members, and who owns what now."""
    partitions = {name: draw(st.integers(1, 9)) for name in TOPICS}
    wanted = st.frozensets(st.sampled_from(TOPICS), min_size=1)
    members = [Member(topics) for topics in draw(st.lists(wanted, min_size=1, max_size=5))]
    gone = Member(frozenset(TOPICS))
    owners = {
        Place(name, number): draw(st.sampled_from([*members, gone]))
        for name, count in partitions.items()
        for number in range(count)
        if draw(st.booleans())
    }
    return partitions, members, owners


@given(groups())
def test_every_partition_has_an_heir_that_asked_for_it_and_shares_are_even(
    group: tuple[dict[str, int], list[Member], dict[Place, Member]],
) -> None:
    partitions, members, owners = group
    heirs = balanced(partitions, members, owners)
    for name, count in partitions.items():
        here = [member for member in members if name in member.topics]
        places = [Place(name, number) for number in range(count)]
        held = Counter(heirs[place] for place in places if place in heirs)
        assert sum(held.values()) == (count if here else 0)
        assert set(held) <= set(here)
        shares = [held[member] for member in here]
        assert max(shares, default=0) - min(shares, default=0) <= 1


@given(groups())
def test_what_is_even_stays_where_it_is(
    group: tuple[dict[str, int], list[Member], dict[Place, Member]],
) -> None:
    partitions, members, owners = group
    heirs = balanced(partitions, members, owners)
    assert balanced(partitions, members, heirs) == heirs
    assert balanced(partitions, members[::-1], heirs) == heirs


class Delivery(RuleBasedStateMachine):
    """Appends, joins, leaves, polls, commits and sweeps in any order.

    The model holds who owns what and how far each owner came.
    """

    members = Bundle("members")

    def __init__(self, open_log: Callable[[Path], EmbeddedLog]) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.log = open_log(Path(self.stack.enter_context(TemporaryDirectory())))
        self.stack.callback(self.log.close)
        self.appended: dict[Place, list[bytes]] = {}
        self.owners: dict[Place, EmbeddedConsumer] = {}
        self.positions: dict[Place, int] = {}
        self.committed: dict[Place, int] = {}
        self.delivered: set[tuple[Place, int]] = set()
        self.joined: list[EmbeddedConsumer] = []

    @initialize(partitions=st.integers(1, 5))
    def create(self, partitions: int) -> None:
        kept = timedelta(days=1)
        self.log.create([TopicSpec("reads", partitions, kept, delete_consumed=True)])
        self.appended = {Place("reads", number): [] for number in range(partitions)}

    @rule(keys=st.lists(st.integers(0, 9), min_size=1, max_size=8))
    def append(self, keys: list[int]) -> None:
        done = sum(map(len, self.appended.values()))
        records = [Record(str(key), str(done + n).encode()) for n, key in enumerate(keys)]
        futures = [self.log.append("reads", record) for record in records]
        self.log.flush()
        for record, future in zip(records, futures, strict=True):
            held = self.appended[Place("reads", partition_of(record.key, len(self.appended)))]
            assert future.result() == len(held)
            held.append(record.value)

    @precondition(lambda self: len(self.joined) < 4)
    @rule(target=members)
    def join(self) -> EmbeddedConsumer:
        consumer = self.log.consumer("group", ["reads"])
        self.joined.append(consumer)
        return consumer

    @rule(consumer=consumes(members))
    def leave(self, consumer: EmbeddedConsumer) -> None:
        consumer.close()
        self.joined.remove(consumer)
        self.owners = {p: owner for p, owner in self.owners.items() if owner is not consumer}

    @rule(consumer=members, limit=st.integers(1, 6))
    def poll(self, consumer: EmbeddedConsumer, limit: int) -> None:
        batch = consumer.poll(timedelta(0), limit)
        assert len(batch.messages) <= limit
        for place in batch.revoked:
            assert self.owners.pop(place) is consumer
        for place in batch.assigned:
            assert place not in self.owners
            self.owners[place] = consumer
            self.positions[place] = self.committed.get(place, 0)
            consumer.resume(place)
        for message in batch.messages:
            self.take(consumer, message)

    def take(self, consumer: EmbeddedConsumer, message: Message) -> None:
        place, offset = message.place, message.offset
        assert self.owners[place] is consumer
        assert offset == self.positions[place]
        assert message.record.value == self.appended[place][offset]
        self.positions[place] = offset + 1
        self.delivered.add((place, offset))

    @rule(consumer=members)
    def commit(self, consumer: EmbeddedConsumer) -> None:
        owned = [place for place, owner in self.owners.items() if owner is consumer]
        consumer.commit({place: Commit(self.positions[place]) for place in owned})
        self.committed.update({place: self.positions[place] for place in owned})

    @rule()
    def sweep(self) -> None:
        self.log.sweep(START)

    @rule()
    def count_the_backlog(self) -> None:
        expected = {
            place.partition: len(values) - self.committed.get(place, 0)
            for place, values in self.appended.items()
        }
        assert self.log.backlog("group", "reads") == expected

    def teardown(self) -> None:
        """Let whoever is there work everything off: each message was delivered at least once."""
        with self.stack:
            if not self.appended:
                return
            if not self.joined:
                self.join()
            while any(
                self.positions.get(place, 0) < len(values) or place not in self.owners
                for place, values in self.appended.items()
            ):
                for consumer in self.joined:
                    self.poll(consumer, 100)
            everything = {
                (place, offset)
                for place, values in self.appended.items()
                for offset in range(len(values))
            }
            assert self.delivered == everything


def _memory(_folder: Path) -> EmbeddedLog:
    return MemoryLog(lambda: START)


def _sqlite(folder: Path) -> EmbeddedLog:
    return SqliteLog(folder, lambda: START)


class MemoryDelivery(Delivery):
    """Over memory: many runs."""

    def __init__(self) -> None:
        super().__init__(_memory)


class SqliteDelivery(Delivery):
    """Over files: fewer, since each step is durable."""

    def __init__(self) -> None:
        super().__init__(_sqlite)


TestMemoryDelivery = MemoryDelivery.TestCase
TestMemoryDelivery.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSqliteDelivery = SqliteDelivery.TestCase
TestSqliteDelivery.settings = settings(max_examples=15, stateful_step_count=40, deadline=None)

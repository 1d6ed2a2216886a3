"""The keyed fold: what it remembers, publishes, withdraws, forgets, and how it is rebuilt."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from rules.engine import Change, Item, Judge, KeyedFold, Watch

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
REACH = timedelta(seconds=100)
OPEN_FOR = timedelta(seconds=1000)


class Point(BaseModel, frozen=True):
    """Something remembered: a name and a moment."""

    name: str
    second: int

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.second)


class Pair(BaseModel, frozen=True):
    """What the test's judgement gives: each point with the latest one before it, within reach."""

    id: str
    revision: int
    withdrawn: bool = False
    at: datetime
    causes: tuple[str, ...]
    verdict: str = ""


def pairs(points: Sequence[Point]) -> Sequence[Pair]:
    """Pair each point with the latest earlier one within reach; a third one makes it ambiguous."""
    ordered = sorted(points, key=lambda point: (point.second, point.name))
    found = []
    for before, after in pairwise(ordered):
        if after.at - before.at > REACH:
            continue
        near = [p for p in ordered if timedelta() < after.at - p.at <= REACH]
        verdict = "clear" if len(near) == 1 else "ambiguous"
        names = (before.name, after.name)
        found.append(
            Pair(id="-".join(names), revision=2, at=after.at, causes=names, verdict=verdict)
        )
    return found


class Fold:
    """A fold with one watch for everything, unless another is given."""

    def __init__(self, judge: Callable[[Sequence[Point]], Sequence[Pair]] = pairs) -> None:
        self.fold: KeyedFold[str, Point, Pair] = KeyedFold(lambda pair: pair.causes, OPEN_FOR)
        self.watch = Watch([Judge("pairs", judge)], REACH)

    def take(
        self, key: str, item: Item[Point], offset: int, watch: Watch[Point, Pair] | None = None
    ) -> list[Change[Pair]]:
        return self.fold.take(key, item, offset, watch or self.watch)

    def needed_from(self) -> int | None:
        return self.fold.needed_from()


def new_fold() -> Fold:
    return Fold()


def point(name: str, second: int, *, revision: int = 1, withdrawn: bool = False) -> Item[Point]:
    value = Point(name=name, second=second)
    return Item(name, value.at, value.at, value, revision, withdrawn)


def summary(changes: Iterable[Change[Pair]]) -> list[tuple[str, int, bool]]:
    return [(c.after.id, c.after.revision, c.after.withdrawn) for c in changes]


def standing(changes: Iterable[Change[Pair]]) -> dict[str, str]:
    last = {change.after.id: change.after for change in changes}
    return {pair.id: pair.verdict for pair in last.values() if not pair.withdrawn}


def test_a_new_pair_is_published_under_its_computed_revision() -> None:
    fold = new_fold()
    assert fold.take("k", point("a", 0), 0) == []
    assert summary(fold.take("k", point("b", 50), 1)) == [("a-b", 2, False)]


def test_a_repeated_item_changes_nothing() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 0)
    fold.take("k", point("b", 50), 1)
    assert fold.take("k", point("b", 50), 2) == []


def test_what_no_longer_holds_is_withdrawn_and_comes_back_with_a_higher_revision() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 0)
    fold.take("k", point("c", 50), 1)
    between = fold.take("k", point("b", 20), 2)
    assert summary(between) == [("a-c", 3, True), ("a-b", 2, False), ("b-c", 2, False)]
    gone = fold.take("k", point("b", 20, revision=1, withdrawn=True), 3)
    assert gone == [], "at equal revision the live one stays"
    gone = fold.take("k", point("b", 20, revision=2, withdrawn=True), 4)
    assert summary(gone) == [("a-b", 3, True), ("b-c", 3, True), ("a-c", 4, False)]


def test_a_changed_judgement_is_published_with_a_higher_revision() -> None:
    fold = new_fold()
    fold.take("k", point("a", 40), 0)
    fold.take("k", point("b", 50), 1)
    changes = fold.take("k", point("0", 10), 2)
    assert summary(changes) == [("0-a", 2, False), ("a-b", 3, False)]
    assert changes[1].before is not None
    assert (changes[1].before.verdict, changes[1].after.verdict) == ("clear", "ambiguous")


def test_keys_do_not_see_each_other() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 0)
    assert fold.take("l", point("b", 50), 1) == []


def test_forgetting_never_looks_like_a_change() -> None:
    fold = new_fold()
    for offset, item in enumerate((point("0", 0), point("a", 40), point("b", 50))):
        fold.take("k", item, offset)
    # By now "0" is forgotten and "a", "b" are not: the ambiguous pair must not turn clear.
    assert fold.take("k", point("z", 1101), 3) == []
    assert fold.needed_from() == 1


def test_what_rests_on_something_forgotten_is_not_withdrawn_by_a_later_revision() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 0)
    fold.take("k", point("b", 90), 1)
    fold.take("l", point("z", 1150), 2)
    assert fold.needed_from() == 1, "a is forgotten, b is not"
    assert fold.take("k", point("b", 90, revision=2), 3) == []


def test_an_item_is_kept_for_its_own_watch_and_holds_no_other_in_memory() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 0, Watch([], 100 * REACH))
    fold.take("k", point("b", 1), 1)
    fold.take("k", point("c", 1200), 2)
    assert (fold.fold.remembered, fold.needed_from()) == (2, 0)


def test_only_the_judges_of_its_watch_are_asked_about_an_item() -> None:
    asked: list[tuple[str, int]] = []

    def note(id_: str) -> Callable[[Sequence[Point]], Sequence[Pair]]:
        def of(points: Sequence[Point]) -> Sequence[Pair]:
            asked.append((id_, len(points)))
            return ()

        return of

    here = Watch(
        [Judge("both", note("both"), least=2), Judge("all", note("all"))], REACH, note("alone")
    )
    fold = new_fold()
    fold.take("k", point("a", 0), 0, here)
    fold.take("k", point("b", 1), 1, here)
    fold.take("k", point("c", 2), 2, Watch([Judge("there", note("there"))], REACH))
    assert asked == [
        ("alone", 1), ("all", 1), ("alone", 1), ("both", 2), ("all", 2), ("there", 3)
    ]  # fmt: skip


def test_state_is_forgotten_by_event_time_whatever_the_key() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 5)
    fold.take("l", point("b", 1100), 6)
    assert fold.needed_from() == 5
    fold.take("l", point("c", 1101), 7)
    assert fold.needed_from() == 6


def test_a_clock_in_the_future_does_not_make_the_fold_forget() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 0)
    wild = Point(name="wild", second=10**6)
    fold.take("l", Item("wild", wild.at, START, wild), 1)
    assert fold.needed_from() == 0


def test_a_very_late_item_is_still_judged_with_what_it_meets() -> None:
    fold = new_fold()
    changes = fold.take("k", point("now", 5000), 0)
    for offset, (name, second) in enumerate((("a", 0), ("b", 50)), start=1):
        value = Point(name=name, second=second)
        item = Item(name, value.at, START + timedelta(seconds=5000), value)
        changes = fold.take("k", item, offset)
    assert summary(changes) == [("a-b", 2, False)]


def test_judging_again_after_a_change_of_lists_publishes_only_what_differs() -> None:
    verdicts = {"suffix": "!"}

    def judge(points: Sequence[Point]) -> Sequence[Pair]:
        return [
            pair.model_copy(update={"verdict": pair.verdict + verdicts["suffix"]})
            for pair in pairs(points)
        ]

    fold = Fold(judge)
    fold.take("k", point("a", 0), 0)
    fold.take("k", point("b", 50), 1)
    assert fold.fold.rejudge() == []
    verdicts["suffix"] = "?"
    assert [change.after.verdict for change in fold.fold.rejudge()] == ["clear?"]


SECONDS = st.lists(st.integers(0, 400), min_size=1, max_size=8, unique=True)


@given(SECONDS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_leaves_the_same_pairs_standing(
    seconds: list[int], random: Random
) -> None:
    items = [point(f"p{second:04}", second) for second in seconds]
    shuffled = items.copy()
    random.shuffle(shuffled)
    results = []
    for order in (items, shuffled):
        fold = new_fold()
        results.append(
            standing([c for offset, item in enumerate(order) for c in fold.take("k", item, offset)])
        )
    assert results[0] == results[1]


STREAM = st.lists(
    st.tuples(st.sampled_from("kl"), st.integers(0, 4000), st.integers(1, 3), st.booleans()),
    max_size=30,
)


@given(STREAM, st.integers(0, 30))
def test_rebuilding_from_the_lowest_needed_offset_gives_byte_identical_changes(
    stream: list[tuple[str, int, int, bool]], cut: int
) -> None:
    """Names are shared between messages, so that revisions and withdrawals occur."""
    items = [
        (key, point(f"{key}{second % 7}", second, revision=revision, withdrawn=withdrawn))
        for key, second, revision, withdrawn in stream
    ]
    whole, rebuilt = new_fold(), new_fold()
    cut = min(cut, len(items))
    for offset, (key, item) in enumerate(items[:cut]):
        whole.take(key, item, offset)
    needed = whole.needed_from()
    for offset in range(cut if needed is None else needed, cut):
        rebuilt.take(*items[offset], offset)
    for offset, (key, item) in enumerate(items[cut:], start=cut):
        assert whole.take(key, item, offset) == rebuilt.take(key, item, offset)


def test_a_revision_of_what_was_forgotten_takes_nothing_back() -> None:
    fold = new_fold()
    fold.take("k", point("a", 0), 0)
    fold.take("k", point("b", 90), 1)
    fold.take("l", point("x", 1150), 2)  # forgets a, not b
    assert fold.take("k", point("a", 0, revision=2), 3) == []


def test_what_waits_to_be_forgotten_counts_as_forgotten() -> None:
    fold = new_fold()
    fold.take("l", point("first", 500), 0)  # forgotten later than what came after it
    fold.take("k", point("a", 0), 1)
    fold.take("k", point("b", 90), 2)
    fold.take("l", point("x", 1150), 3)
    assert fold.take("k", point("b", 90, revision=2), 4) == []


REVISIONS = st.lists(
    st.tuples(st.sampled_from("kl"), st.sampled_from([0, 40, 80, 120, 1000, 1050, 1130, 2000])),
    max_size=40,
)


@given(REVISIONS, st.integers(0, 40))
def test_a_rebuilt_fold_never_publishes_below_what_was_published_before(
    stream: list[tuple[str, int]], cut: int
) -> None:
    """Each time an item comes again it is a revision, however late, and each third is withdrawn."""
    seen: Counter[str] = Counter()
    items = []
    for key, second in stream:
        name = f"{key}{second}"
        seen[name] += 1
        revised = point(name, second, revision=seen[name], withdrawn=seen[name] % 3 == 0)
        items.append((key, revised))
    fold, best = new_fold(), dict[str, tuple[int, bool]]()
    for offset, (key, item) in enumerate(items):
        if offset == cut:
            needed = fold.needed_from()
            fold = new_fold()
            for again in range(cut if needed is None else needed, cut):
                fold.take(*items[again], again)
        for change in fold.take(key, item, offset):
            rank = (change.after.revision, not change.after.withdrawn)
            assert rank > best.get(change.after.id, (0, False))
            best[change.after.id] = rank

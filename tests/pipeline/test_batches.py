"""A law of both stages: any batching and any restart point gives the same bytes."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.events import PlateRead
from anpr.lists import Lists
from anpr.ports import Commit, Log, Message, Output, Place, Record, TopicSpec, Worker
from anpr.sites import Site
from anpr.topics import CONTROLS, PASSAGES, READS
from pipeline.controls import Controls
from pipeline.logs.memory import MemoryLog
from pipeline.workers import PassageWorker, RulesWorker
from rules.all import rules_of
from rules.folds import RuleFold
from tests.rules.passages import MONDAY
from tests.rules.worlds import lists, reads, sites

law = settings(deadline=None, max_examples=60)

CUTS = st.lists(st.integers(0, 60), max_size=5)


class Controlled(Controls):
    """Controls whose lists are given."""

    def __init__(self, log: Log, held: Lists) -> None:
        super().__init__(log)
        self._held = held

    def lists(self, until: int | None = None) -> Lists:
        return self._held


@pytest.fixture(scope="module")
def log() -> Iterator[Log]:
    with closing(MemoryLog(lambda: MONDAY)) as log:
        log.create([TopicSpec(CONTROLS, 1, timedelta(days=1))])
        yield log


def messages(topic: str, outputs: Sequence[bytes]) -> list[Message]:
    place = Place(topic, 0)
    return [
        Message(place, offset, MONDAY, Record("key", value)) for offset, value in enumerate(outputs)
    ]


def batches(given: Sequence[Message], cuts: Sequence[int]) -> Iterator[Sequence[Message]]:
    edges = sorted({0, *(min(cut, len(given)) for cut in cuts), len(given)})
    return (given[start:end] for start, end in pairwise(edges))


def worked(worker: Worker, given: Sequence[Message], cuts: Sequence[int]) -> list[Output]:
    return [output for batch in batches(given, cuts) for output in worker.work(batch)]


def rebuilt(worker: Worker, given: Sequence[Message], commit: Commit) -> list[Output]:
    """Do as a stage does after an assignment: fold in silence up to the commit, then go on."""
    needed = commit.metadata.partition(" ")[0]
    for message in given[int(needed) if needed else commit.offset : commit.offset]:
        worker.work([message])
    return [output for message in given[commit.offset :] for output in worker.work([message])]


def commit_of(worker: Worker, offset: int) -> Commit:
    needed = worker.needed_from()
    return Commit(offset, f"{'' if needed is None else needed} {worker.note()}".rstrip())


@law
@given(sites(forgets=True), reads(most=24, spells=3), CUTS, st.integers(0, 24))
def test_the_passage_stage_gives_the_same_bytes_however_it_is_cut(
    site: Site, reads: list[PlateRead], cuts: list[int], restart: int
) -> None:
    given = messages(READS, [read.to_json() for read in reads])
    one_by_one = worked(PassageWorker(site), given, range(len(given)))
    assert worked(PassageWorker(site), given, cuts) == one_by_one
    restart = min(restart, len(given))
    first = PassageWorker(site)
    before = worked(first, given[:restart], cuts)
    after = rebuilt(PassageWorker(site), given, commit_of(first, restart))
    assert before + after == one_by_one


@law
@given(sites(forgets=True), lists(), reads(most=24, spells=3), CUTS, st.integers(0, 40))
def test_the_rules_stage_gives_the_same_bytes_however_it_is_cut(
    log: Log, site: Site, held: Lists, reads: list[PlateRead], cuts: list[int], restart: int
) -> None:
    controls = Controlled(log, held)
    fold_for = partial(RuleFold, site, rules_of(site))
    passages = worked(PassageWorker(site), messages(READS, [one.to_json() for one in reads]), [])
    given = messages(PASSAGES, [output.record.value for output in passages])
    one_by_one = worked(RulesWorker(fold_for, controls, None), given, range(len(given)))
    assert worked(RulesWorker(fold_for, controls, None), given, cuts) == one_by_one
    restart = min(restart, len(given))
    first = RulesWorker(fold_for, controls, None)
    before = worked(first, given[:restart], cuts)
    commit = commit_of(first, restart)
    after = rebuilt(RulesWorker(fold_for, controls, commit), given, commit)
    assert before + after == one_by_one

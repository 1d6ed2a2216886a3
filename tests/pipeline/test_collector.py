"""Cycles are searched for seldom, so what is done for each read must leave none behind."""

import gc
from datetime import UTC, datetime

from anpr.lists import Lists
from rules.all import rules_of
from rules.folds import PassageFold, RuleFold, published
from tests.cluster.recording import record
from tests.sites import site


def test_reads_and_passages_leave_no_cycles_behind() -> None:
    reads = record(site(), 500, datetime(2026, 3, 2, 8, tzinfo=UTC)).reads
    fold, rules = PassageFold(site()), RuleFold(site(), rules_of(site()), Lists())
    gc.collect()
    gc.disable()
    try:
        for number, read in enumerate(reads):
            for change in fold.take(read, number):
                for passage in published(change):
                    rules.take(passage, number)

        cycles = gc.collect()
    finally:
        gc.enable()

    assert fold.remembered
    assert rules.remembered
    assert cycles == 0

"""The columns say what `decide` says: each email, each refusal, on the golden cases and on a thousand sets of rules."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from surveyor.core.history import Regime
from surveyor.core.replay import OrderRow, Period, Run, bases_of, gather
from surveyor.core.replay import run as lived
from surveyor.core.rules import RuleSet
from tests.vector.worlds import START, STORES, rows, rules

pytest.importorskip("numpy", reason="the optional extra `fast` (numpy) is not installed")

from surveyor.vector.known import unknown_in
from surveyor.vector.living import run
from surveyor.vector.told import Telling

#: Together a thousand, in pieces that say which seed they are.
SEEDS, PIECES = 1000, 20
HALF = Period(START.toordinal() + 90, START.toordinal() + 300)


def told(these: list[OrderRow]) -> Telling:
    telling = Telling(STORES)
    for row in these:
        telling.take(row)
    return telling


def plain(run: Run) -> tuple[Any, ...]:
    decisions = {str(reason): count for reason, count in run.decisions.items() if count}
    return [tuple(send) for send in run.sends], decisions, +run.dropped, run.reminders


def both(these: list[OrderRow], version: RuleSet, *, period: Period, bases: frozenset[str]) -> tuple[Run, Run]:
    gathered = gather(these, bases=bases, stores=STORES)
    truth = lived(gathered, Regime(version, gathered.stores), period=period)
    telling = told(these)
    orders = telling.done()
    return run(orders, Regime(version, orders.stores), period=period, bases=bases), truth


@pytest.mark.parametrize(
    "piece",
    [pytest.param(n, marks=() if n < 2 else pytest.mark.slow, id=f"seeds from {n * 50}") for n in range(PIECES)],
)
def test_a_thousand_sets_of_rules(piece: int) -> None:
    lived_here = 0
    for seed in range(piece * SEEDS // PIECES, (piece + 1) * SEEDS // PIECES):
        draw = Random(seed)
        these, version = rows(draw), rules(draw)
        if unknown_in(version) is not None:
            continue
        lived_here += 1
        period = draw.choice([Period(), HALF])
        bases = bases_of(version) if draw.random() < 0.7 else frozenset({"ordered_at", "fulfilled_at"})
        found, truth = both(these, version, period=period, bases=bases)
        assert plain(found) == plain(truth), seed
    assert lived_here > SEEDS / PIECES / 2

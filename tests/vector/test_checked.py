"""A run by columns that is wrong about one customer of the sample is not shown."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from surveyor.core.history import Regime
from surveyor.core.replay import Period, Run, bases_of
from surveyor.core.rules import Rule, RuleSet
from surveyor.errors import ReplayDiffers
from tests.vector.worlds import STORES, rows

pytest.importorskip("numpy", reason="the optional extra `fast` (numpy) is not installed")

from surveyor.vector.checked import Lives, Told, check, sample, told
from surveyor.vector.orders import Orders
from surveyor.vector.told import Telling

RULES = RuleSet((Rule("a", min_orders=1),))
PERIOD = Period()


def orders() -> Orders:
    telling = Telling(STORES)
    for row in rows(Random(5), customers=40):
        telling.take(row)
    return telling.done()


def lived_by_columns(these: Told) -> Run:
    return Lives(these, [RULES])(these, Regime(RULES, these.stores), period=PERIOD)


def test_what_both_say_is_believed() -> None:
    columns = orders()
    found = lived_by_columns(told(columns, bases_of(RULES)))
    assert len(found.sends) > 20
    assert len(sample(columns)) > 10


def test_an_email_too_few_one_moved_or_one_too_many_stops_it() -> None:
    columns = orders()
    these, regime = told(columns, bases_of(RULES)), Regime(RULES, columns.stores)
    found = lived_by_columns(these)
    names = {columns.accounts[n] for n in sample(columns).tolist()}
    place = next(n for n, send in enumerate(found.sends) if send.customer_id in names)
    one = found.sends[place]
    others = [*found.sends[:place], *found.sends[place + 1 :]]
    for wrong in (others, [*others, one._replace(send_day=one.send_day + 1)], [*found.sends, one]):
        with pytest.raises(ReplayDiffers, match="emails"):
            check(these, regime, replace(found, sends=wrong), period=PERIOD)

"""A run by columns that is believed once `decide` has said the same of some customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from surveyor.core.history import Regime, StoreFacts
from surveyor.core.replay import Period, Run, Send
from surveyor.core.replay import run as lived
from surveyor.core.rules import RuleSet
from surveyor.errors import ReplayDiffers
from surveyor.vector.emails import Emails
from surveyor.vector.living import gathered, run
from surveyor.vector.orders import Orders
from surveyor.vector.prepared import Line, line_of

#: Customers lived twice.
SAMPLE = 100


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Orders by column with what a replay says of them; `bases`: the dates that its rules look at."""

    columns: Orders
    bases: frozenset[str]
    orders: int
    customers: int
    stores: dict[str, StoreFacts]
    last_day: int | None


def told(columns: Orders, bases: frozenset[str]) -> Told:
    """The orders, ready to be replayed."""
    last = columns.last_day(bases)
    return Told(columns, bases, len(columns.account), columns.customers(), columns.stores, last)


class Lives:
    """Lives orders under the versions of a comparison, on two cores; each call says what one of them does.

    heard: is called with the share that was lived, 0 to 1, of all versions together; from two threads.
    """

    def __init__(
        self, told: Told, versions: Sequence[RuleSet], heard: Callable[[float], None] = lambda _share: None
    ) -> None:
        self.told, self.versions, self.heard = told, versions, heard
        self.shares = dict.fromkeys(range(len(versions)), 0.0)
        self.found: list[tuple[RuleSet, Run]] = []

    def __call__(self, gathered: Told, regime: Regime, *, period: Period) -> Run:
        """What these rules do. Raises ReplayDiffers when `decide` does otherwise with one of the sample."""
        assert gathered is self.told
        if not self.found:
            both = len(gathered.bases) > 1
            lines = {basis: line_of(gathered.columns, basis, both=both) for basis in sorted(gathered.bases)}
            with ThreadPoolExecutor(2) as pool:
                numbers = range(len(self.versions))
                runs = pool.map(lambda number: self._live(number, lines, period), numbers)
                self.found = list(zip(self.versions, runs, strict=True))
        return next(run for version, run in self.found if version is regime.rules)

    def _live(self, number: int, lines: Mapping[str, Line], period: Period) -> Run:
        told, regime = self.told, Regime(self.versions[number], self.told.stores)

        def heard(share: float) -> None:
            self.shares[number] = share
            self.heard(sum(self.shares.values()) / len(self.versions))

        line = replace(lines[regime.active[0].basis], told=heard) if regime.active else None
        found = run(told.columns, regime, period=period, bases=told.bases, line=line)
        check(told, regime, found, period=period)
        return found


def check(told: Told, regime: Regime, found: Run, *, period: Period) -> None:
    """Live a sample with `decide`: its emails must be those found, its decisions those that columns make of it."""
    columns, accounts = told.columns, sample(told.columns)
    if not len(accounts) or not regime.active:
        return
    truth = lived(gathered(columns, accounts, told.bases), regime, period=period)
    again = run(columns, regime, period=period, bases=told.bases, only=accounts)
    emails = _among(found, columns, accounts)
    if emails != truth.sends or again.sends != truth.sends:
        wrong = set(emails) ^ set(truth.sends) or set(again.sends) ^ set(truth.sends)
        what = sorted(wrong)[0].trigger_event_id if wrong else "the order of emails"
        raise ReplayDiffers(f"emails by columns and by decide differ, first at {what}")
    for name, here, there in (
        ("decisions", _counts(again.decisions), _counts(truth.decisions)),
        ("dropped", _counts(again.dropped), _counts(truth.dropped)),
        ("reminders", again.reminders, truth.reminders),
    ):
        if here != there:
            raise ReplayDiffers(f"{name} by columns and by decide differ: {here} and {there}")


def _among(found: Run, columns: Orders, accounts: Any) -> list[Send]:
    if isinstance(found.sends, Emails):
        return found.sends.among(accounts)
    names = {columns.accounts[n] for n in accounts.tolist()}
    return [send for send in found.sends if send.customer_id in names]


def sample(columns: Orders) -> Any:
    """Some of the accounts that columns live, the same ones each time, evenly among them."""
    plain: Any = np.zeros(len(columns.accounts), dtype=bool)
    plain[columns.account] = True
    plain &= ~columns.odd
    found = np.flatnonzero(plain)
    return found[:: max(1, len(found) // SAMPLE)][:SAMPLE]


def _counts(found: Any) -> dict[str, int]:
    return {str(key): count for key, count in sorted(found.items()) if count}

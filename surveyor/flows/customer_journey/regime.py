"""The rules in force and the stores, as one transaction sees them: the whole old version or the whole new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from surveyor.core.history import Regime, StoreFacts
from surveyor.core.history_plain import LATE_DAYS, days_to_remember
from surveyor.core.rules import RuleSet, check_rules
from surveyor.db import network, rules
from surveyor.db.network import StoreRow
from surveyor.errors import SettingsError

#: What gives the rules in force: session -> (version number, rules).
ReadRules = Callable[[Any], tuple[int, RuleSet]]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a store or a customer that says nothing has: IANA zone, language ("fr" or "en")."""

    zone: str = "Europe/Paris"
    language: str = "fr"


DEFAULTS = Defaults()


@dataclass(frozen=True, slots=True)
class Terms:
    """What decisions of one transaction are made under: the rules in force, every store, the defaults.

    remembered: days back that a memory keeps, orders that come late included.
    """

    regime: Regime
    stores: Mapping[str, StoreRow]
    defaults: Defaults
    remembered: int

    def zone(self, store_id: str) -> str:
        """The zone of an order of this store."""
        store = self.stores.get(store_id)
        return store.zone if store else self.defaults.zone

    def needed_since(self, day: int) -> int:
        """The first day (ordinal) that decisions about an order of `day` may look at."""
        return self.kept_since(day) + LATE_DAYS

    def kept_since(self, day: int) -> int:
        """The first day that a memory keeps on `day`: orders may still come LATE_DAYS late."""
        return day - self.remembered


_parsed: dict[tuple[int, bytes], RuleSet] = {}


def active_rules(session: Any) -> tuple[int, RuleSet]:
    """Number and rules of the version in force; (0, no rule at all) before the first publication."""
    found = rules.active(session)
    if found is None:
        return 0, RuleSet()
    if found not in _parsed:
        version = rules.version(session, found[0])
        assert version is not None  # the active one refers to it
        if len(_parsed) > 64:
            _parsed.clear()
        _parsed[found] = parse(version.text)
    return found[0], _parsed[found]


def rules_of(session: Any, number: int) -> RuleSet:
    """The rules of a version, in force or not; none at all when there is no such version (an empty database's 0)."""
    found = rules.version(session, number)
    if found is None:
        return RuleSet()
    key = (number, found.sha256)
    if key not in _parsed:
        _parsed[key] = parse(found.text)
    return _parsed[key]


def parse(text: str) -> RuleSet:
    """The rules of a published text. Raises SettingsError when it cannot be read any more: a defect, never an input."""
    found, problems = check_rules(text.encode())
    if found is None:
        raise SettingsError(f"published rules cannot be read: {problems[0].code} at {problems[0].where}")
    return found


def read_terms(session: Any, defaults: Defaults, *, read: ReadRules = active_rules) -> Terms:
    """The terms of this transaction; orders without a store have the default zone.

    They are read each time, and made again only when they are not those of the last transaction.
    """
    number, found = read(session)
    return _terms(number, found, network.every_store(session), defaults)


_last: list[tuple[Any, Terms]] = []


def _terms(number: int, found: RuleSet, rows: tuple[tuple[Any, ...], ...], defaults: Defaults) -> Terms:
    for (of_number, of_rules, of_rows, of_defaults), terms in _last:
        if of_rules is found and of_number == number and of_rows == rows and of_defaults == defaults:
            return terms
    stores = {row[0]: network.store_of(row) for row in rows}
    facts = {row.id: StoreFacts(row.zone, row.region, row.excluded, row.brand) for row in stores.values()}
    facts.setdefault("", StoreFacts(defaults.zone))
    regime = Regime(found, facts, version=number)
    terms = Terms(regime, stores, defaults, days_to_remember(regime))
    _last[:] = [((number, found, rows, defaults), terms), *_last[:3]]
    return terms

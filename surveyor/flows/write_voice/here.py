"""The stores of one reader within a book: their counts together, for any month of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.periods import Period
from surveyor.core.scope import Reach, covers
from surveyor.core.tally import Reasons, Tally, add_counts
from surveyor.db import tallies
from surveyor.flows.write_voice.book import Book

NOTHING = Tally()


@dataclass(frozen=True)
class Here:
    """Stores by id, and how their counts are had. whole: they are all of them; cohort, reasons: of the final cohort."""

    stores: Sequence[str]
    whole: bool
    names: Mapping[str, str]
    scores: Callable[[Period], Tally]
    cohort: Tally
    reasons: Reasons
    rest: Tally

    @property
    def alone(self) -> bool:
        """Whether it is one store."""
        return len(self.stores) == 1

    def name(self, store: str) -> str:
        """What a store is called."""
        return self.names.get(store, store)


def here_of(session: Any, book: Book, reach: Reach) -> Here:
    """The stores that scopes hold today; parts of stores (segments) are summed by the database."""
    whole = any(scope.is_network for scope in reach)
    known = {store for rows in book.scores.values() for store in rows} | book.cohort.keys()
    inside = [
        one.id
        for one in book.shops.values()
        if covers([_open(scope) for scope in reach], brand=one.brand_id, region=one.region_id, store=one.id)
    ]
    ids = sorted({*inside, *(known - book.shops.keys())}) if whole else sorted(inside)
    names = {one.id: one.name for one in book.shops.values()}
    cut = any(scope.segments for scope in reach)
    everybody = _sum(list(book.cohort.values()))
    if cut:
        cohort = tallies.sums(session, reach, book.cohort_month).get((), NOTHING)
        cohort = cohort if book.delivery_events else assume_delivered(cohort)
        reasons: Reasons = tallies.reasons(session, reach, book.cohort_month).get((), {})
        kept: dict[str, Tally] = {}

        def scores(month: Period) -> Tally:
            if month.token not in kept:
                kept[month.token] = tallies.sums(session, reach, month).get((), NOTHING)
            return kept[month.token]

    else:
        cohort = _sum([book.cohort[store] for store in ids if store in book.cohort])
        reasons = _added([book.reasons[store] for store in ids if store in book.reasons])
        summed: dict[str, Tally] = {}

        def scores(month: Period) -> Tally:
            if month.token not in summed:
                rows = book.scores[month.token]
                summed[month.token] = _sum([rows[store] for store in ids if store in rows])
            return summed[month.token]

    return Here(ids, whole, names, scores, cohort, reasons, everybody - cohort)


def _open(scope: Any) -> Any:
    return type(scope)(scope.brands, scope.regions, scope.stores, ())


def _sum(parts: Sequence[Tally]) -> Tally:
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else Tally.sum(parts)


def _added(parts: Sequence[Reasons]) -> Reasons:
    return parts[0] if len(parts) == 1 else add_counts(*parts)

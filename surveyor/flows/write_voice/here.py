"""The stores of one reader within a book: their counts together, for any month of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope, covers
from surveyor.core.tally import Reasons, Tally, add_counts
from surveyor.db import tallies
from surveyor.db.report_figures import Counts
from surveyor.db.stores import Shop
from surveyor.flows.write_voice.book import Book

NOTHING = Tally()


@dataclass(frozen=True)
class Here:
    """Stores by id, and how their counts are had: scores of the last two months, bands of any.

    whole: they are all of them; cut: their counts are those of now, of parts of them; cohort, reasons: of the final
    cohort.
    """

    stores: Sequence[str]
    whole: bool
    cut: bool
    shops: Mapping[str, Shop]
    scores: Callable[[Period], Tally]
    bands: Callable[[Period], Counts]
    cohort: Tally
    reasons: Reasons

    @property
    def alone(self) -> bool:
        """Whether it is one store."""
        return len(self.stores) == 1

    def name(self, store: str) -> str:
        """What a store is called."""
        return self.shops[store].name if store in self.shops else store


def here_of(session: Any, book: Book, reach: Reach) -> Here:
    """The stores that scopes held at the end of the month.

    Parts of stores (segments) are summed by the database, and so is a brand or a region that a store came to or left
    within these months: each day belongs to where the store stood on it (indicators.md, 3).
    """
    whole = any(scope.is_network for scope in reach)
    ids = sorted(book.known) if whole else sorted(stores_inside(book, reach))
    cut = any(scope.segments for scope in reach) or (
        any(scope.brands or scope.regions for scope in reach) and bool(book.placed.moved)
    )
    if cut:
        cohort = tallies.sums(session, reach, book.cohort_month).get((), NOTHING)
        cohort = cohort if book.delivery_events else assume_delivered(cohort)
        reasons: Reasons = tallies.reasons(session, reach, book.cohort_month).get((), {})
        kept: dict[str, Tally] = {}

        def scores(month: Period) -> Tally:
            if month.token not in kept:
                kept[month.token] = tallies.sums(session, reach, month).get((), NOTHING)
            return kept[month.token]

        def bands(month: Period) -> Counts:
            return scores(month).bands

    else:
        cohort = _sum([book.cohort[store] for store in ids if store in book.cohort])
        reasons = _added([book.reasons[store] for store in ids if store in book.reasons])
        summed: dict[str, Tally] = {}

        def scores(month: Period) -> Tally:
            if month.token not in summed:
                rows = book.scores[month.token]
                summed[month.token] = _sum([rows[store] for store in ids if store in rows])
            return summed[month.token]

        def bands(month: Period) -> Counts:
            rows = book.bands[month.token]
            if len(ids) == 1:
                return rows.get(ids[0], (0, 0, 0))
            parts = [rows[store] for store in ids if store in rows]
            return sum(one[0] for one in parts), sum(one[1] for one in parts), sum(one[2] for one in parts)

    return Here(ids, whole, cut, book.shops, scores, bands, cohort, reasons)


def stores_inside(book: Book, reach: Reach) -> set[str]:
    """The stores of some scopes, as they stood at the end of the month; segments are left aside."""
    found: set[str] = set()
    for scope in reach:
        if scope.brands or scope.regions or not scope.stores:
            open_scope = (Scope(scope.brands, scope.regions, scope.stores),)
            found |= {
                one.id
                for one in book.shops.values()
                if covers(open_scope, brand=book.placed.at[one.id][0], region=book.placed.at[one.id][1], store=one.id)
            }
        else:
            found |= {store for store in scope.stores if store in book.shops}
    return found


def _sum(parts: Sequence[Tally]) -> Tally:
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else Tally.sum(parts)


def _added(parts: Sequence[Reasons]) -> Reasons:
    return parts[0] if len(parts) == 1 else add_counts(*parts)

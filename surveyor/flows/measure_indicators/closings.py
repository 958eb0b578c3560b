"""Whether the month of a question is closed, under which revision, and whether its counts moved since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from surveyor.core import closing
from surveyor.core.badges import Status
from surveyor.core.closing import AsClosed, Kind, Standing, kind_of
from surveyor.core.indicators import Envelope, Facts, Indicator
from surveyor.core.indicators.counted import NOBODY_COUNTED
from surveyor.core.periods import Period, month_of
from surveyor.core.scope import NETWORK, Reach
from surveyor.core.tally import Tally
from surveyor.db import closed_periods, stores
from surveyor.db.closed_periods import NETWORK_ROW


def is_month(period: Period) -> bool:
    """Whether a period is one whole calendar month."""
    return (period.first, period.last) == (month_of(period.first).first, month_of(period.first).last)


def standing(session: Any, reach: Reach, period: Period, kind: Kind, tally: Tally | None = None) -> Standing | None:
    """How the month of these stores stands; None while it is open, or for a period that is no month.

    tally: its counts now, to say whether they moved; not told where a scope has parts of a store only (segments).
    """
    if not is_month(period):
        return None
    whole = reach == (NETWORK,)
    wanted = [NETWORK_ROW] if whole else [shop.id for shop in stores.shops(session, reach)]
    found = closed_periods.ends(session, kind, period.first, wanted)
    if not found:
        return None
    last = max((one for _, one in found), key=lambda one: (one.revision, one.closed_at))
    if any(scope.segments for scope in reach):
        return Standing(last.revision, last.closed_at)
    moved = tally is not None and _counts(kind, tally) != _kept(one.inputs for _, one in found)
    first = closing.frozen((one.closed_at, one.inputs) for one, _ in found)
    corrected = moved or last.revision > 1 or len(first) < len(found)
    return Standing(last.revision, last.closed_at, moved, AsClosed.of(first) if corrected else None)


def with_closed(figure: Envelope, entry: Indicator, standing: Standing | None, facts: Facts) -> Envelope:
    """A figure of a month that was corrected since it was closed, with what it was then (`as_closed`), if that differs.

    Of sums of counts alone: who was counted one by one is not kept. facts: those of the figure as it stands.
    """
    then = None if standing is None else standing.as_closed
    if then is None or entry.kind != "S" or entry.counted_alone:
        return figure
    side = {"answers": then.side} if kind_of(entry.day) == "scores" else {"reasons": then.side}
    former = replace(facts, customers=then.people, counted=NOBODY_COUNTED, **side)  # type: ignore[arg-type]
    found = entry.formula(then.tally, former)
    if found.status is Status.NOT_MEASURED or (found.value, found.n) == (figure.value, figure.n):
        return figure
    said = {"value": found.value, "display": found.display(figure.language), "n": found.n, "status": str(found.status)}
    return replace(figure, facts={**figure.facts, "as_closed": said})


def _counts(kind: Kind, tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in closing.COUNTS[kind] if getattr(tally, name)}


def _kept(inputs: Iterable[Any]) -> dict[str, int]:
    sums = closing.total(inputs)
    return {name: n for (side, name), n in sums.items() if side == "counts" and n}

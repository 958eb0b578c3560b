"""What the address of a dashboard asks for: stores inside the reader's scopes, days, and how to cut them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request

from surveyor.core.periods import Period, local_date, pick_period
from surveyor.core.scope import NETWORK, Reach, Scope, intersect, narrow
from surveyor.core.searching import fold
from surveyor.core.tally import SCORE_COUNTS
from surveyor.db import stores, tallies
from surveyor.errors import NotFound
from surveyor.web.here import now, services
from surveyor.web.security.people import me

CUTS = ("store", "region", "brand", "segment")
SPANS = ("week", "month")
#: What a period may be compared with, besides any period of its own: the one just before, or a year before.
COMPARED = ("before", "year")


@dataclass(frozen=True, slots=True)
class Asked:
    """place: the scope without its segment, as in the address. reach: what is left of it for this reader."""

    place: str
    segment: str
    scope: Scope
    reach: Reach
    period: Period
    today: date
    cut: str
    span: str
    compare: str = "before"

    @property
    def before(self) -> Period:
        """What the period is compared with. Raises Refused for a word that is no period."""
        if self.compare == "before":
            return self.period.before()
        if self.compare == "year":
            return self.period.year_before()
        return Period.parse(self.compare, self.today, where="?compare")

    def part(self, kind: str, key: str) -> dict[str, str | None]:
        """The address of one row of a table cut by `kind`: what the row counted and nothing more.

        A store that a region had for a month keeps the region beside it, a region of one brand the brand.
        """
        if kind == "segment":
            return {**self.args, "segment": key}
        place = Scope.parse(self.place) if self.place else NETWORK
        both = intersect(place, Scope.of(**{f"{kind}s": (key,)}))
        return {**self.args, "scope": str(both) if both is not None else f"{kind}:{key}"}

    @property
    def args(self) -> dict[str, str | None]:
        """The filter as an address has it: the same for every link of a page."""
        compare = None if self.compare == "before" else self.compare
        filters = {"scope": self.place or None, "segment": self.segment or None, "period": str(self.period)}
        return {**filters, "compare": compare}


def read(session: Any, *, usual: str = "", each_store: bool = False) -> Asked:
    """The question of this request. usual: the period when none is asked, in place of the shortest with 30 answers.

    each_store: in place of the shortest with 30 answers a store, for a page that sets stores beside each other.
    Raises Refused for a scope or a period that cannot be read, NotFound for one outside the reader's scopes.
    """
    place, segment = request.args.get("scope", ""), request.args.get("segment", "")
    scope = Scope.parse(place) if place else own_scope()
    both = intersect(scope, Scope.of(segments=(segment,))) if segment else scope
    reach = narrow(both, me().reach) if both is not None else ()
    if both is None or not reach or (place and not stores.shops(session, reach)):
        raise NotFound("scope")
    today = local_date(now(), services().settings.time_zone)
    wanted = request.args.get("period", "") or usual
    if wanted:
        period = Period.parse(wanted, today)
    else:
        period = _usual(session, reach, today, among=len(stores.shops(session, reach)) if each_store else 1)
    compare = request.args.get("compare", "") or "before"
    cut = request.args.get("by", "")
    span = request.args.get("span", "")
    return Asked(
        place=place,
        segment=segment,
        scope=both,
        reach=reach,
        period=period,
        today=today,
        cut=cut if cut in CUTS else _usual_cut(reach),
        span=span if span in SPANS else "week" if period.days <= 100 else "month",
        compare=compare,
    )


def own_scope() -> Scope:
    """What a reader sees who asks for nothing: their one scope, its goals and scores; the network for all others."""
    own = me().reach
    return own[0] if len(own) == 1 else NETWORK


def _usual(session: Any, reach: Reach, today: date, *, among: int) -> Period:
    """The shortest of this month, 3 months and 12 months with 30 answers; this month when it has the only ones.

    among: how many share the answers, each of which should have so many.
    """
    periods = {
        name: Period.parse(f"{today:%Y-%m}" if name == "month" else name, today) for name in ("month", "3m", "12m")
    }
    answers = {
        token: sum(tally.responses for tally in tallies.sums(session, reach, period, only=SCORE_COUNTS).values())
        for token, period in periods.items()
    }
    chosen = pick_period({token: count // max(among, 1) for token, count in answers.items()})
    return periods["month"] if not answers[chosen] and answers["month"] else periods[chosen]


def _usual_cut(reach: Reach) -> str:
    return "store" if all(scope.stores or scope.regions for scope in reach) else "region"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: (value, words), stores and segments grouped by kind."""

    places: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    segments: tuple[tuple[str, str], ...]
    periods: tuple[tuple[str, str], ...]
    compared: tuple[tuple[str, str], ...] = ()


def choices(session: Any, asked: Asked, words: Any) -> Choices:
    """The filters of a reader: nothing outside of their scopes is offered. `words(kind, value)` names a period.

    A region or a brand of which they see some stores only is not: its name would stand over the figures of those.
    """
    names = stores.names(session)
    visible = stores.shops(session, me().reach)
    hidden = unseen(session, visible)
    in_part = {("region", one.region_id) for one in hidden} | {("brand", one.brand_id) for one in hidden}
    regions = {one.region_id: one.region for one in visible if one.region_id}
    regions = {key: name for key, name in regions.items() if ("region", key) not in in_part}
    brands = {one.brand_id: one.brand for one in visible if one.brand_id}
    brands = {key: name for key, name in brands.items() if ("brand", key) not in in_part}
    places = (
        ("brand", _sorted({f"brand:{key}": name for key, name in brands.items()}) if len(brands) > 1 else ()),
        ("region", _sorted({f"region:{key}": name for key, name in regions.items()})),
        ("store", _sorted({f"store:{one.id}": one.name for one in visible})),
    )
    periods = _periods(asked, words)
    return Choices(places, _sorted(names.segments), periods, _compared(asked, periods, words))


def unseen(session: Any, visible: Sequence[stores.Shop], scope: Scope = NETWORK) -> list[stores.Shop]:
    """The stores of a scope that a reader may not see."""
    if any(one.is_network for one in me().reach):
        return []
    seen = {one.id for one in visible}
    return [one for one in stores.shops(session, (scope,)) if one.id not in seen]


def _sorted(named: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(named.items(), key=lambda item: fold(item[1])))


def _compared(asked: Asked, periods: tuple[tuple[str, str], ...], words: Any) -> tuple[tuple[str, str], ...]:
    tokens = list(COMPARED) + ([] if asked.compare in COMPARED else [asked.compare])
    months = [value for value, _ in periods if value not in (*tokens, str(asked.period))]
    return tuple((token, words(token)) for token in (*tokens, *months))


def _periods(asked: Asked, words: Any) -> tuple[tuple[str, str], ...]:
    month = asked.today.replace(day=1)
    months = []
    for _ in range(13):
        months.append(f"{month:%Y-%m}")
        month = (month - timedelta(days=1)).replace(day=1)
    tokens = ["4w", "3m", "12m", *months]
    if str(asked.period) not in tokens:
        tokens.insert(0, str(asked.period))
    return tuple((token, words(token)) for token in tokens)


def rules_seen(session: Any, asked: Asked) -> list[str]:
    """The rules that decided anything in the period."""
    found = tallies.sums(session, asked.reach, asked.period, by=("rule",), only=("hits", "sent"))
    return sorted(key[0] for key, tally in found.items() if key[0] and (tally.hits or tally.sent))

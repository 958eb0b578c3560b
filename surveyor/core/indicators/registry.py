"""Every indicator by id and key, and the way from a tally to what a reader gets; screens and the API loop over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from surveyor.core.indicators import on_demand, scaled, solicitation, survey
from surveyor.core.indicators.entries import Facts, Indicator
from surveyor.core.indicators.envelopes import Envelope
from surveyor.core.indicators.measures import Measure
from surveyor.core.periods import Period, provisional
from surveyor.core.quoting import french, shown
from surveyor.core.scope import Scope
from surveyor.core.tally import Tally
from surveyor.errors import Complaint, Refused

#: Families in the order of indicators.md.
FAMILIES = ("SUR", "SOL", "REV", "ADO", "THM", "CST", "BEN", "CUS", "SVC", "SOC")
REGISTRY: tuple[Indicator, ...] = tuple(
    sorted(
        (
            *survey.INDICATORS,
            *scaled.INDICATORS,
            *on_demand.SURVEY,
            *solicitation.INDICATORS,
            *on_demand.SOLICITATION,
            *on_demand.REVIEWS,
            *on_demand.ADOPTION,
            *on_demand.THEMES,
            *on_demand.COMPOSED,
            *on_demand.CUSTOMER_BASE,
            *on_demand.CUSTOMERS,
            *on_demand.SERVICE,
            *on_demand.SOCIAL,
        ),
        key=lambda entry: (FAMILIES.index(entry.id[:3]), entry.id),
    )
)
BY_NAME: dict[str, Indicator] = {name: entry for entry in REGISTRY for name in (entry.id, entry.key)}


def find(name: str, *, where: str = "?indicator") -> Indicator:
    """An indicator by id ("SUR-01", any case) or key ("nps").

    Raises:
        Refused: `indicator_unknown`, 404, with the closest name.
    """
    entry = BY_NAME.get(name) or BY_NAME.get(name.upper()) or BY_NAME.get(name.lower())
    if entry is not None:
        return entry
    close = next(iter(get_close_matches(name.lower(), [e.key for e in REGISTRY], n=1)), "")
    said = shown(name)
    fr, en = f"{where} : {said} n'est pas un indicateur.", f"{where}: {said} is not an indicator."
    complaint = Complaint(
        where,
        "indicator_unknown",
        french(fr + (f" Vouliez-vous {close} ?" if close else "")),
        en + (f" Did you mean {close}?" if close else ""),
    )
    raise Refused([complaint], status=404)


@dataclass(frozen=True, slots=True)
class View:
    """What a reader asks for: days, stores, language; dated_by only when another day than the indicator's own was used.

    today: local date of the reader, for "provisional". revision: of the closed month that was read, if it was.
    """

    period: Period
    scope: Scope
    today: date
    language: str = "fr"
    dated_by: str | None = None
    revision: int | None = None


def envelope(
    indicator: Indicator, tally: Tally, view: View, facts: Facts | None = None, *, found: Measure | None = None
) -> Envelope:
    """One figure for one view; `facts` for formulas that need more than the tally (reasons, distinct customers).

    found: what its formula said already, within a day.
    """
    found = found or indicator.formula(tally, facts or Facts())
    dated_by = view.dated_by or indicator.day
    return Envelope(
        id=indicator.id,
        key=indicator.key,
        definition_version=indicator.definition_version,
        unit=indicator.unit,
        value=found.value,
        display=found.display(view.language),
        n=found.n,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_method=indicator.interval,
        status=found.status,
        provisional=found.provisional or provisional(view.period.last, dated_by=dated_by, today=view.today),
        period=view.period,
        dated_by=dated_by,
        scope=view.scope,
        language=view.language,
        revision=view.revision,
        facts=found.facts,
    )


def evaluate(
    indicator: Indicator | str, tally: Tally, *, period: Period, scope: Scope, today: date, language: str = "fr"
) -> Envelope:
    """`envelope` for the common case. Raises Refused when the name is unknown."""
    entry = find(indicator) if isinstance(indicator, str) else indicator
    return envelope(entry, tally, View(period, scope, today, language))


def with_day(view: View, dated_by: str) -> View:
    """The same view counted on another day than the indicator's own ("sent" or "response")."""
    return replace(view, dated_by=dated_by)

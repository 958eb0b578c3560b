"""How often people are written to, how fast they answer, whether they tire of it and who does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveyor.core.badges import HIDDEN_UNDER, Status, badge
from surveyor.core.indicators import pressure, weighting
from surveyor.core.indicators.counted import ALONE
from surveyor.core.indicators.entries import Facts, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, in_both, rate, share, without_value
from surveyor.core.rounding import decimal, display_duration, signed


def emails_per_customer(emails: Mapping[int, int] | None) -> Measure:
    """SOL-15: emails of a contacted customer in 365 days, with p95, most and the share over 4; n: customers."""
    if emails is None:
        return NOT_MEASURED
    found = pressure.pressure([number for number, customers in emails.items() for _ in range(customers)])
    if found is None:
        return without_value(Status.NO_DATA, 0)
    shown = in_both(lambda language: decimal(found.value, 1, language))
    facts = {"p95": found.p95, "most": found.most, "share_over_4": found.share_over_4}
    return Measure(found.value, found.customers, Status.COUNT, shown, facts=facts)


def respondent_rate(respondents: int | None, active: int | None) -> Measure:
    """SOL-16 in percent: distinct customers who responded in the period / customers active at its end."""
    return NOT_MEASURED if respondents is None or active is None else rate(respondents, active)


def r_indicator(rates: Sequence[tuple[int, int]] | None) -> Measure:
    """SOL-17, 0..1, two decimals; n: emails sent in the segments that count."""
    found = None if rates is None else weighting.r_indicator(rates)
    if rates is None or found is None:
        return without_value(Status.NOT_MEASURED, sum(sent for _, sent in rates or ()))
    n = sum(sent for _, sent in weighting.large_enough(rates))
    return Measure(found, n, Status.COUNT, in_both(lambda language: decimal(found, 2, language)))


def answer_delay(hours: Sequence[float] | None) -> Measure:
    """SOL-18: median hours from sent to the first answer that counted, with p90; n: answers."""
    if hours is None:
        return NOT_MEASURED
    middle, late = pressure.median(hours), pressure.percentile(hours, 90)
    if middle is None or late is None:
        return without_value(Status.NO_DATA, 0)
    half = middle
    shown = in_both(lambda language: display_duration(round(half * 3600), language))
    return Measure(middle, len(hours), Status.COUNT, shown, facts={"p90": late})


def fatigue(facts: Facts) -> Measure:
    """SOL-19 in points of percent, same customers; `by_rank` shows everybody's rates, which are not compared."""
    found = facts.counted.ranked
    if found is None:
        return NOT_MEASURED
    by_rank = {rank: _rate(responded, sent) for rank, (responded, sent) in found.by_rank.items()}
    first, fourth = found.responded_first, found.responded_fourth
    tired = pressure.fatigue(found.customers, responded_first=first, responded_fourth=fourth)
    said: dict[str, object] = {"responded_first": first, "responded_fourth": fourth, "by_rank": by_rank}
    if tired is None or found.customers < HIDDEN_UNDER:
        return without_value(badge(found.customers), found.customers, {**said, "visible": False})
    shown = in_both(lambda language: signed(tired.value, 1, language))
    said["visible"] = tired.visible
    n = found.customers
    return Measure(tired.value, n, badge(n), shown, tired.ci_low, tired.ci_high, said)


def _rate(responded: int, sent: int) -> dict[str, object]:
    """A share in percent with its interval, both None under ten emails."""
    value, low, high = share(responded, sent) if sent >= HIDDEN_UNDER else (None, None, None)
    return {"count": responded, "n": sent, "value": value, "ci_low": low, "ci_high": high}


SOLICITATION = (
    indicator(
        "SOL-15 pressure ratio D sent -",
        "Pression (e-mails par client contacté et par an)",
        "Emails per contacted customer and year",
        lambda _, facts: emails_per_customer(facts.counted.emails),
        not_by=ALONE,
    ),
    indicator(
        "SOL-16 respondent_rate percent D response CI-PROP",
        "Taux de répondants",
        "Respondent rate",
        lambda _, facts: respondent_rate(
            facts.counted.respondents, None if facts.counted.base is None else facts.counted.base.active
        ),
        not_by=ALONE,
    ),
    indicator(
        "SOL-17 r_indicator ratio S sent -",
        "Représentativité (indicateur R)",
        "R-indicator",
        lambda _, facts: r_indicator(facts.counted.segment_rates),
        not_by=ALONE,
    ),
    indicator(
        "SOL-18 answer_delay hours R sent -",
        "Délai de réponse du client",
        "Answer delay",
        lambda _, facts: answer_delay(facts.counted.delays),
        not_by=ALONE,
    ),
    indicator(
        "SOL-19 fatigue percent D sent CI-DIFF-PROP",
        "Usure",
        "Fatigue",
        lambda _, facts: fatigue(facts),
        not_by=ALONE,
    ),
)

"""What needs a file of somebody else: lifetime value, acquisition, service, social; never 0 without it: not measured.

Formulas: core/indicators/customer_base.py and service.py (indicators.md, 14 and 15).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from surveyor.core.badges import Status, badge
from surveyor.core.indicators import customer_base, service
from surveyor.core.indicators.counted import ALONE, Spending, Tickets, Worth
from surveyor.core.indicators.entries import Facts, Indicator, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, Said, count, in_both, rate, without_value
from surveyor.core.rounding import decimal, display_duration, display_money, signed

#: SVC-06: a first reply within so many hours is on time.
SERVICE_HOURS = 24
_TICKETS = Said("tickets importés", "imported tickets")
_MENTIONS = Said("mentions importées", "imported mentions")


def lifetime(worth: Worth | None) -> Measure:
    """CUS-07 in euros over 12 months; revenue, since no feed says a margin. n: customers with an order."""
    if worth is None:
        return NOT_MEASURED
    if not (worth.orders and worth.customers and worth.active_before):
        return without_value(Status.NO_DATA, worth.customers)
    churn = worth.churned / worth.active_before
    basket, yearly = float(worth.amount / worth.orders), worth.orders / worth.customers
    found = customer_base.cltv(basket, yearly, yearly_churn=churn)
    facts = {
        "basis": Said("chiffre d'affaires", "revenue"),
        "basket": basket,
        "orders_per_year": yearly,
        "churn": 100 * churn,
    }
    return Measure(found.value, worth.customers, Status.COUNT, _money(found.value), facts=facts)


def acquisition_cost(spending: Spending | None) -> Measure:
    """CUS-08 in euros per new customer; costs of some days count for those of them that are in the period."""
    if spending is None:
        return NOT_MEASURED
    spent = None if spending.spent is None else [float(spending.spent)]
    status, value = customer_base.cac(spent, spending.new_customers)
    if value is None:
        return NOT_MEASURED if status == "not_measured" else without_value(Status.NO_DATA, 0)
    facts = {"spent": float(spending.spent or 0)}
    return Measure(value, spending.new_customers, Status.COUNT, _money(value), facts=facts)


def acquisition_source(spending: Spending | None) -> Measure:
    """CUS-09: new customers by where they came from; unknown is a bar of its own, "". Value: the share known."""
    if spending is None or not spending.measured:
        return NOT_MEASURED
    known = sum(n for origin, n in spending.origins.items() if origin)
    measure = rate(known, spending.new_customers, census=True)
    return replace(measure, facts={**measure.facts, "origins": dict(spending.origins)})


def first_contact(tickets: Tickets | None) -> Measure:
    """SVC-01 in percent of tickets resolved at least seven days ago."""
    if tickets is None:
        return NOT_MEASURED
    found = service.first_contact_resolution(tickets.resolved, as_of=tickets.as_of)
    measure = rate(found.count, found.n)
    return replace(measure, facts={**measure.facts, "window_days": service.SECOND_CONTACT_DAYS, "origin": _TICKETS})


def _hours(hours: Sequence[float], **facts: object) -> Measure:
    mean, middle, late = service.resolution_time(hours)
    said = {**facts, "median": middle, "p90": late, "origin": _TICKETS}
    if mean is None:
        return without_value(Status.NO_DATA, 0, said)
    shown = in_both(lambda language: display_duration(round(mean * 3600), language))
    return Measure(mean, len(hours), Status.COUNT, shown, facts=said)


def resolution(tickets: Tickets | None) -> Measure:
    """SVC-02 in hours; open ones stand beside, being the slow ones that are not counted yet."""
    return NOT_MEASURED if tickets is None else _hours(tickets.resolution_hours, open=tickets.backlog)


def first_reply(tickets: Tickets | None) -> Measure:
    """SVC-03 in hours, of first replies given in the period."""
    return NOT_MEASURED if tickets is None else _hours(tickets.reply_hours)


def volume(tickets: Tickets | None) -> Measure:
    """SVC-04: contacts of the period, with the backlog at its end."""
    if tickets is None:
        return NOT_MEASURED
    return count(tickets.contacts, backlog=tickets.backlog, origin=_TICKETS)


def _mean(values: Sequence[Fraction], **facts: object) -> Measure:
    if not values:
        return without_value(Status.NO_DATA, 0, facts)
    mean = sum(values, Fraction()) / len(values)
    shown = in_both(lambda language: decimal(mean, 1, language))
    return Measure(float(mean), len(values), Status.COUNT, shown, facts={**facts, "origin": _TICKETS})


def service_level(tickets: Tickets | None) -> Measure:
    """SVC-06 in percent: first replies within `SERVICE_HOURS` / first replies."""
    if tickets is None:
        return NOT_MEASURED
    measure = rate(sum(hours <= SERVICE_HOURS for hours in tickets.reply_hours), len(tickets.reply_hours))
    return replace(measure, facts={**measure.facts, "within_hours": SERVICE_HOURS, "origin": _TICKETS})


def net_sentiment(polarities: tuple[int, int, int] | None) -> Measure:
    """SOC-01 in points with CI-NPS; never mixed with the NPS. polarities: positive, neutral, negative."""
    if polarities is None:
        return NOT_MEASURED
    n = sum(polarities)
    facts = {"positive": polarities[0], "neutral": polarities[1], "negative": polarities[2], "origin": _MENTIONS}
    found = service.net_sentiment(*polarities)
    if found is None or badge(n) in (Status.HIDDEN, Status.NO_DATA):
        return without_value(badge(n), n, facts if found is None else None)
    text = signed(found[0])
    return Measure(found[0], n, badge(n), (text, text), found[1], found[2], facts)


def _money(value: float) -> tuple[str, str]:
    return in_both(lambda language: display_money(value, language))


def _entry(head: str, fr: str, en: str, formula: Callable[[Facts], Measure], tier: int = 3) -> Indicator:
    return replace(indicator(head, fr, en, lambda _, facts: formula(facts), not_by=ALONE), tier=tier)


CUSTOMERS = (
    _entry("CUS-07 cltv euros M order -", "Valeur vie client", "CLTV", lambda f: lifetime(f.counted.worth), 2),
    _entry("CUS-08 cac euros I order -", "Coût d'acquisition", "CAC", lambda f: acquisition_cost(f.counted.spending)),
    _entry(
        "CUS-09 acquisition_source percent D order -",
        "Source d'acquisition",
        "Acquisition source",
        lambda f: acquisition_source(f.counted.spending),
    ),
    # Its parameters are fitted elsewhere and no import brings them yet: never 0.
    _entry("CUS-10 p_alive ratio M order -", "Probabilité d'activité", "P(alive)", lambda _: NOT_MEASURED),
)
SERVICE = (
    _entry(
        "SVC-01 first_contact_resolution percent I created CI-PROP",
        "Résolution au premier contact",
        "First contact resolution",
        lambda f: first_contact(f.counted.tickets),
    ),
    _entry(
        "SVC-02 resolution_time hours I created -",
        "Temps de résolution moyen",
        "Average resolution time",
        lambda f: resolution(f.counted.tickets),
    ),
    _entry(
        "SVC-03 first_reply_time hours I created -",
        "Temps de première réponse",
        "First reply time",
        lambda f: first_reply(f.counted.tickets),
    ),
    _entry(
        "SVC-04 ticket_volume count I created -",
        "Volume de tickets, contacts, arriéré",
        "Volume, contacts, backlog",
        lambda f: volume(f.counted.tickets),
    ),
    _entry(
        "SVC-05 handle_time mean I created -",
        "Temps de traitement (minutes)",
        "Handle time (minutes)",
        lambda f: NOT_MEASURED if f.counted.tickets is None else _mean(f.counted.tickets.minutes),
    ),
    _entry(
        "SVC-06 service_level percent I created CI-PROP",
        "Niveau de service",
        "Service level",
        lambda f: service_level(f.counted.tickets),
    ),
    _entry(
        "SVC-07 internal_quality 0..100 I created -",
        "Score de qualité interne",
        "Internal quality score",
        lambda f: NOT_MEASURED if f.counted.tickets is None else _mean(f.counted.tickets.quality),
    ),
)
SOCIAL = (
    _entry(
        "SOC-01 net_sentiment points I created CI-NPS",
        "Sentiment réseaux sociaux",
        "Net sentiment",
        lambda f: net_sentiment(f.counted.polarities),
    ),
)

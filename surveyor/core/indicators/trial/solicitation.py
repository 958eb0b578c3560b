"""Written cases of the solicitation family and the funnel (indicators.md, 8 and 9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from surveyor.core.indicators import pressure, solicitation
from surveyor.core.indicators.funnel import funnel, funnel_rates
from surveyor.core.indicators.measures import rate
from surveyor.core.indicators.trial.survey import shown
from surveyor.core.tally import Reasons, Tally

Inputs = Mapping[str, Any]
Result = dict[str, object]
#: Rates that are nothing but two counts: their names in a case.
RATES = {
    "visit_rate": ("visited", "delivered"),
    "response_rate": ("responded", "delivered"),
    "response_rate_sent": ("responded", "sent"),
    "completion_rate": ("responded", "visited"),
    "comment_rate": ("commented", "responses"),
    "unsubscribe_rate": ("unsubscribed", "delivered"),
    "respondent_rate": ("customers_responded", "active_customers"),
    "recovered": ("yes", "answers"),
    "engagement": ("customers_responded", "customers_contacted"),
}


#: The same of a census: no interval.
CENSUS_RATES = {
    "solicitation_rate": ("went_out", "orders"),
    "service_level": ("within", "first_replies"),
    "reply_rate": ("replied", "reviews"),
}


def _plain(numerator: str, denominator: str, *, census: bool = False) -> Callable[[Inputs], Result]:
    return lambda inputs: shown(rate(inputs[numerator], inputs[denominator], census=census), inputs)


def _delivery(inputs: Inputs) -> Result:
    events = inputs.get("delivery_events", True)
    return shown(solicitation.delivery_rate(inputs["delivered"], inputs["sent"], delivery_events=events), inputs)


def _open(inputs: Inputs) -> Result:
    tracking = inputs.get("tracking", False)
    return shown(solicitation.open_rate(inputs["opened"], inputs["delivered"], tracking=tracking), inputs)


def _pressure(inputs: Inputs) -> Result:
    found = pressure.pressure(inputs["sent_by_customer"])
    if found is None:
        return {"value": None, "p95": None, "max": None, "share_over_4": None, "customers": 0}
    also = {"share_over_4": found.share_over_4, "customers": found.customers}
    return {"value": found.value, "p95": found.p95, "max": found.most, **also}


def _delay(inputs: Inputs) -> Result:
    hours = inputs["delays_hours"]
    return {"median": pressure.median(hours), "p90": pressure.percentile(hours, 90), "n": len(hours)}


def _fatigue(inputs: Inputs) -> Result:
    first, fourth = inputs["responded_first"], inputs["responded_fourth"]
    found = pressure.fatigue(inputs["customers"], responded_first=first, responded_fourth=fourth)
    if found is None:
        return {"value": None, "ci_low": None, "ci_high": None, "visible": False}
    return {"value": found.value, "ci_low": found.ci_low, "ci_high": found.ci_high, "visible": found.visible}


def _reasons(refused: Mapping[str, int], dropped: Mapping[str, int]) -> Reasons:
    at_decision = {("decision", reason): n for reason, n in refused.items()}
    return {**at_decision, **{("drop", reason): n for reason, n in dropped.items()}}


def _funnel(inputs: Inputs) -> Result:
    decisions, emails = inputs["decisions"], inputs["emails"]
    reasons = _reasons(decisions["refused"], decisions["dropped"])
    names = ("hits", "scheduled", "went_out", "failed", "in_doubt")
    counts = {name: decisions.get(name, 0) for name in names} | emails
    counts["responded_commented"] = emails.get("commented", 0)
    tally = Tally.from_mapping(counts | {"dropped": sum(decisions["dropped"].values())})
    found = funnel(tally, reasons, waiting=decisions.get("waiting", 0), in_transit=emails.get("in_transit", 0))
    return {
        "identities": dict(found.identities),
        "ok": found.ok,
        "refused": found.count("refused"),
        "dropped": found.count("dropped"),
        "rates": {key: measure.value for key, measure in funnel_rates(tally).items()},
    }


def _legitimate(inputs: Inputs) -> Result:
    reasons = _reasons(inputs["refused"], inputs["dropped"])
    return {"value": solicitation.legitimate_volume(inputs["hits"], reasons)}


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    **{name: _plain(*counts) for name, counts in RATES.items()},
    **{name: _plain(*counts, census=True) for name, counts in CENSUS_RATES.items()},
    "delivery_rate": _delivery,
    "open_rate": _open,
    "complaint_rate": lambda i: shown(solicitation.complaint_rate(i["complained"], i["delivered"]), i),
    "coverage": lambda i: shown(solicitation.coverage(i["customers_asked"], i["customers_with_order"]), i),
    "pressure": _pressure,
    "answer_delay": _delay,
    "projection": lambda i: {"projected": pressure.projection(i["observed"], i["completeness"])},
    "fatigue": _fatigue,
    "funnel": _funnel,
    "legitimate_volume": _legitimate,
}

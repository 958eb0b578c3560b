"""Written cases of the customer base, service and what-if figures (indicators.md, 14 to 16)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from surveyor.core.indicators import customer_base, service, what_if
from surveyor.core.indicators.trial.reviews import instant, instant_or_none

Inputs = Mapping[str, Any]
Result = dict[str, object]
_NO_VALUE: Result = {"value": None, "ci_low": None, "ci_high": None}


def _orders(inputs: Inputs) -> dict[str, list[date]]:
    return {name: [date.fromisoformat(day) for day in days] for name, days in inputs["orders"].items()}


def _base(inputs: Inputs) -> Result:
    ends = date.fromisoformat(inputs["previous_end"]), date.fromisoformat(inputs["period_end"])
    months = inputs.get("idle_months", customer_base.IDLE_MONTHS)
    found = customer_base.customer_base(_orders(inputs), *ends, idle_months=months)
    rates = {"churn_rate": found.churn_rate, "retention_rate": found.retention_rate, "identity": found.identity}
    return {**asdict(found), **rates}


def _repurchase(inputs: Inputs) -> Result:
    cohort = date.fromisoformat(inputs["cohort_from"]), date.fromisoformat(inputs["cohort_to"])
    days = inputs.get("horizon_days", customer_base.REPURCHASE_DAYS)
    as_of = date.fromisoformat(inputs["as_of"])
    return asdict(customer_base.repurchase_rate(_orders(inputs), cohort, as_of=as_of, horizon_days=days))


def _gap(inputs: Inputs) -> Result:
    median, gaps = customer_base.order_gap(_orders(inputs))
    return {"median": median, "gaps": gaps}


def _cltv(inputs: Inputs) -> Result:
    also = {name: inputs.get(name) for name in ("margin", "discount")}
    churn = inputs["yearly_churn"]
    return asdict(customer_base.cltv(inputs["basket"], inputs["orders_per_year"], yearly_churn=churn, **also))


def _cac(inputs: Inputs) -> Result:
    status, value = customer_base.cac(inputs["spend"], inputs["new_customers"])
    return {"status": status, "value": value}


def _alive(inputs: Inputs) -> Result:
    habits = customer_base.BuyingHabits(inputs["r"], inputs["alpha"], inputs["a"], inputs["b"])
    return {"value": customer_base.p_alive(inputs["x"], inputs["tx"], inputs["T"], habits)}


def _link(inputs: Inputs) -> Result:
    found = customer_base.nps_repurchase_link(tuple(inputs["promoters"]), tuple(inputs["detractors"]))
    if found is None:
        return {"status": "not_measured", **_NO_VALUE}
    return {"status": "ok", "value": found[0], "ci_low": found[1], "ci_high": found[2]}


def _first_contact(inputs: Inputs) -> Result:
    rows = [(instant(resolved), instant_or_none(again)) for resolved, again in inputs["tickets"]]
    days = inputs.get("window_days", service.SECOND_CONTACT_DAYS)
    return asdict(service.first_contact_resolution(rows, as_of=instant(inputs["as_of"]), window_days=days))


def _resolution(inputs: Inputs) -> Result:
    mean, median, p90 = service.resolution_time(inputs["hours_list"])
    return {"mean": mean, "median": median, "p90": p90, "n": len(inputs["hours_list"])}


def _sentiment(inputs: Inputs) -> Result:
    counts = inputs["positive"], inputs["neutral"], inputs["negative"]
    found = service.net_sentiment(*counts)
    if found is None:
        return {"n": 0, **_NO_VALUE}
    return {"n": sum(counts), "value": found[0], "ci_low": found[1], "ci_high": found[2]}


def _what_if(inputs: Inputs) -> Result:
    sends = inputs["sends"]
    groups = [what_if.Group(n, sends[name][0], sends[name][1]) for name, n in inputs["customers"].items()]
    found = what_if.what_if(groups)
    return {**asdict(found), "A": asdict(found.a), "B": asdict(found.b)}


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "customer_base": _base,
    "repurchase_rate": _repurchase,
    "order_gap": _gap,
    "cltv": _cltv,
    "cac": _cac,
    "p_alive": _alive,
    "nps_repurchase_link": _link,
    "first_contact_resolution": _first_contact,
    "resolution_time": _resolution,
    "net_sentiment": _sentiment,
    "whatif_summary": _what_if,
}

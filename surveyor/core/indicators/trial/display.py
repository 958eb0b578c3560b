"""Written cases of rounding, display, dates, periods and badges (indicators.md, 1 and 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from surveyor.core import periods, rounding
from surveyor.core.badges import badge, label
from surveyor.core.intervals import raw_nps

Inputs = Mapping[str, Any]
Result = dict[str, object]


def language(inputs: Inputs) -> str:
    """`language` of a case, French when it says nothing."""
    return str(inputs.get("language", "fr"))


def whole(histogram: Mapping[str, int]) -> dict[int, int]:
    """A histogram whose values were written as text."""
    return {int(value): count for value, count in histogram.items()}


def _mean(inputs: Inputs) -> Result:
    histogram = whole(inputs["histogram"])
    total = sum(value * count for value, count in histogram.items())
    return {"display": rounding.display_mean(total, sum(histogram.values()), language(inputs))}


def _change(inputs: Inputs) -> Result:
    now, before = tuple(inputs["now"]), tuple(inputs["before"])
    return {"value": raw_nps(now) - raw_nps(before), "display": rounding.display_change(now, before)}


def _local_date(inputs: Inputs) -> Result:
    day = periods.local_date(datetime.fromisoformat(inputs["instant"]), inputs["zone"])
    return {"date": day.isoformat(), "iso_week": periods.iso_week(day), "month": f"{day:%Y-%m}"}


def _bounds(inputs: Inputs) -> Result:
    today = date.fromisoformat(inputs.get("today", "2026-01-01"))
    period = periods.Period.parse(inputs["period"], today)
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _express(inputs: Inputs) -> Result:
    windows = periods.express_windows(date.fromisoformat(inputs["sent_on"]))
    return {name: [window.first.isoformat(), window.last.isoformat()] for name, window in windows.items()}


def _status(inputs: Inputs) -> Result:
    last, today = date.fromisoformat(inputs["last_day"]), date.fromisoformat(inputs["today"])
    dated_by = inputs["dated_by"]
    return {
        "provisional": periods.provisional(last, dated_by=dated_by, today=today),
        "final_on": periods.final_on(last, dated_by).isoformat(),
    }


def _badge(inputs: Inputs) -> Result:
    n = inputs["n"]
    status = badge(n)
    return {"status": str(status), "label_fr": label(status, n, "fr"), "label_en": label(status, n, "en")}


CALCULATIONS: dict[str, Callable[[Inputs], Result]] = {
    "round_half_away": lambda i: {"value": rounding.half_away(i["num"], i["den"])},
    "largest_remainder": lambda i: {"shares": rounding.largest_remainder(i["counts"], i.get("total", 100))},
    "display_nps": lambda i: {"display": rounding.display_nps(*i["counts"])},
    "display_rate": lambda i: {"display": rounding.display_rate(i["count"], i["total"], language(i))},
    "display_mean": _mean,
    "display_duration": lambda i: {"display": rounding.display_duration(i["seconds"], language(i))},
    "display_change": _change,
    "display_interval": lambda i: {"display": rounding.display_interval(i["ci_low"], i["ci_high"])},
    "local_date": _local_date,
    "period_bounds": _bounds,
    "express_windows": _express,
    "period_status": _status,
    "pick_period": lambda i: {"period": periods.pick_period(i["n"], i.get("needed", periods.ENOUGH_ANSWERS))},
    "badge": _badge,
}

"""How the figures of a replay look on its page: shares, intervals, days and reasons in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Flask

from surveyor.core.reasons import label as reason_label
from surveyor.core.rounding import decimal, display_count, percent_sign, signed
from surveyor.web.charts.days import Days, days_drawn
from surveyor.web.days import day
from surveyor.web.language import language, text
from surveyor.web.screens import minus

YEAR = 365


def install(app: Flask) -> None:
    """Give the templates of rules their filters."""
    app.jinja_env.filters.update(
        share_of=share_of, between=between, tenth=tenth, iso_day=iso_day, about=about, reason=reason
    )
    app.jinja_env.filters.update(change=change, change_of_share=change_of_share, by_count=by_count)
    app.jinja_env.filters.update(by_region=by_region)
    app.jinja_env.filters.update(
        how_many=how_many, a_year=a_year, three=three, signed_tenth=signed_tenth, day_bars=day_bars
    )


def share_of(value: float) -> str:
    """A share of 1 as a percentage with one decimal."""
    return percent_sign(decimal(100 * value, 1, language()), language())


def how_many(value: float) -> str:
    """So many times, without decimals that say nothing: "3", "1,5"."""
    text = f"{value:g}"
    return text.replace(".", ",") if language() == "fr" else text


def tenth(value: float | None) -> str:
    """A mean with one decimal; "-" of nothing."""
    return "-" if value is None else decimal(value, 1, language())


def signed_tenth(value: float | None) -> str:
    """A change in points with its sign and one decimal."""
    return "-" if value is None else minus(signed(value, 1, language()))


def a_year(mean: float | None, said: Mapping[str, Any]) -> str:
    """Emails of a reached customer in a year, from those of a period of another length."""
    days = (date.fromisoformat(said["to"]) - date.fromisoformat(said["from"])).days + 1
    return "-" if mean is None else decimal(mean * YEAR / days, 1, language())


def three(reached: Mapping[str, int]) -> str:
    """`12 [9 ; 14]`: a count in the three scenarios."""
    return f"{reached['base']} [{reached['low']} ; {reached['high']}]"


def between(bounds: Sequence[int]) -> str:
    """`[+1 203 ; +1 377]`."""
    return minus(f"[{' ; '.join(_grouped(one) for one in bounds)}]") if bounds else ""


def _grouped(value: int) -> str:
    sign = signed(value)[0] if value else ""
    return f"{sign if sign in '+-' else ''}{display_count(abs(value), language())}"


def change(now: float | None, before: float | None, digits: int = 0) -> str:
    """What a figure gains or loses: "+1 203", "−0,5", "0"; "" when one of the two is not known."""
    if now is None or before is None:
        return ""
    if digits:
        return minus(signed(now - before, digits, language()))
    return minus(_grouped(round(now - before)))


def change_of_share(now: float | None, before: float | None) -> str:
    """The same of a share of 1, in points: "−12,6 points"."""
    said = change(None if now is None else 100 * now, None if before is None else 100 * before, 1)
    return text("rules.what_if.points", n=said) if said else ""


def by_count(decisions: Mapping[str, int], other: Mapping[str, int]) -> list[str]:
    """The reasons of orders without an email, the most frequent of this draft first."""
    codes = {*decisions, *other} - {"SCHEDULED"}
    return sorted(codes, key=lambda code: (-decisions.get(code, 0), code))


def by_region(stores: Mapping[str, int], regions: Mapping[str, str]) -> dict[str, int]:
    """Emails of stores added up by their region; "" of those without one."""
    found: Counter[str] = Counter()
    for store, count in stores.items():
        found[regions.get(store, "")] += count
    return dict(found)


def about(three: Sequence[float]) -> str:
    """`1 184 [1 081 ; 1 287]`: expected answers and their interval."""
    value, low, high = (display_count(round(one), language()) for one in three)
    return f"{value} [{low} ; {high}]"


def iso_day(text: str) -> str:
    """A date written 2026-11-27, in words."""
    return day(date.fromisoformat(text), "medium")


def reason(code: str) -> str:
    """The label of a reason; the code itself of a word that is none."""
    return reason_label(code, language())


def day_bars(said: Mapping[str, Any]) -> Days | None:
    """Emails of each day under both versions, drawn; None of nothing."""
    before = (said.get("against") or {}).get("by_day") or {}
    return days_drawn(said.get("by_day") or {}, before)

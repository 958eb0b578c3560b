"""How spans of time are said under a chart and in a filter, in the reader's language."""

from __future__ import annotations

import re
from datetime import date

from surveyor.core.indicators import find
from surveyor.core.periods import Period, week_of
from surveyor.db.breaks import Break
from surveyor.web.days import day
from surveyor.web.language import language, text


def span_name(span: str, first: date) -> tuple[str, str]:
    """A short label for the axis and a full name for the dot: a week by its Monday, a month by its name."""
    if span == "month":
        return day(first, "MMM"), day(first, "LLLL y")
    return day(first, "d MMM"), text("dashboard.period.week_of", day=day(week_of(first).first, "d MMMM y"))


def period_name(token: str) -> str:
    """A period of the filter in words: a month by its name, a rolling one by its length, others as dates."""
    if re.fullmatch(r"\d{4}-\d{2}", token):
        return _capital(day(date(int(token[:4]), int(token[5:]), 1), "LLLL y"))
    if token in ("before", "year"):
        return text(f"dashboard.period.{token}")
    if token in ("4w", "3m", "12m", "12w_before"):
        return text(f"dashboard.period.{token}")
    return token


def break_name(on: date, one: Break) -> str:
    """What changed on a day, under a trend."""
    name = find(one.name).label(language()) if one.what == "definition" else one.name
    return text(f"dashboard.mark.{one.what}", day=day(on, "d MMM y"), name=name, version=str(one.version))


def days_name(period: Period) -> str:
    """The first and last day, as a sentence has them."""
    first, last = (day(one, "d MMM y") for one in (period.first, period.last))
    return first if first == last else f"{first} – {last}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

"""How spans of time are said under a chart and in a filter, in the reader's language."""

from __future__ import annotations

import re
from datetime import date

from babel.dates import format_date

from surveyor.core.periods import Period, week_of
from surveyor.db.breaks import Break
from surveyor.web.language import language, text
from surveyor.web.screens import LOCALES


def span_name(span: str, first: date) -> tuple[str, str]:
    """A short label for the axis and a full name for the dot: a week by its Monday, a month by its name."""
    locale = LOCALES[language()]
    if span == "month":
        return format_date(first, "MMM", locale=locale), format_date(first, "LLLL y", locale=locale)
    week = week_of(first)
    return format_date(first, "d MMM", locale=locale), text(
        "dashboard.period.week_of", day=format_date(week.first, "d MMMM y", locale=locale)
    )


def period_name(token: str) -> str:
    """A period of the filter in words: a month by its name, a rolling one by its length, others as dates."""
    if re.fullmatch(r"\d{4}-\d{2}", token):
        return _capital(format_date(date(int(token[:4]), int(token[5:]), 1), "LLLL y", locale=LOCALES[language()]))
    if token in ("before", "year"):
        return text(f"dashboard.period.{token}")
    if token in ("4w", "3m", "12m", "12w_before"):
        return text(f"dashboard.period.{token}")
    return token


def break_name(day: date, one: Break) -> str:
    """What changed on a day, under a trend."""
    said = format_date(day, "d MMM y", locale=LOCALES[language()])
    return text(f"dashboard.mark.{one.what}", day=said, name=one.name, version=str(one.version))


def days_name(period: Period) -> str:
    """The first and last day, as a sentence has them."""
    locale = LOCALES[language()]
    first, last = (format_date(day, "d MMM y", locale=locale) for day in (period.first, period.last))
    return first if first == last else f"{first} – {last}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

"""How the figures of a replay look on its page: shares, intervals, days and reasons in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Flask

from surveyor.core.reasons import label as reason_label
from surveyor.core.rounding import decimal, display_count, percent_sign, signed
from surveyor.web.language import language
from surveyor.web.screens import day, minus


def install(app: Flask) -> None:
    """Give the templates of rules their filters."""
    app.jinja_env.filters.update(
        share_of=share_of, between=between, tenth=tenth, iso_day=iso_day, about=about, reason=reason
    )


def share_of(value: float) -> str:
    """A share of 1 as a percentage with one decimal."""
    return percent_sign(decimal(100 * value, 1, language()), language())


def tenth(value: float | None) -> str:
    """A mean with one decimal; "-" of nothing."""
    return "-" if value is None else decimal(value, 1, language())


def between(bounds: Sequence[int]) -> str:
    """`[+1 203 ; +1 377]`."""
    return minus(f"[{' ; '.join(_grouped(one) for one in bounds)}]") if bounds else ""


def _grouped(value: int) -> str:
    sign = signed(value)[0] if value else ""
    return f"{sign if sign in '+-' else ''}{display_count(abs(value), language())}"


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

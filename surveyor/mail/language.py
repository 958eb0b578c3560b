"""The template language at work: Jinja with nothing in it but our filters, between an author's text and an email."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined, nodes

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?", re.ASCII)


def long_date(text: str, language: str) -> str:
    """`2026-11-12` as `12 novembre 2026` or `12 November 2026`; anything that is no ISO date comes out as it is."""
    found = _ISO_DATE.fullmatch(text)
    if found is None:
        return text
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return text
    first = "1er" if day.day == 1 and language == "fr" else str(day.day)
    return f"{first} {_MONTHS.get(language, _MONTHS['en'])[day.month - 1]} {day.year}"


def spaced_number(text: str, language: str) -> str:
    """`12345.6` as `12 345,6` (narrow no-break space) or `12,345.6`; anything that is no number comes out as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or len(text) > 30:
        return text
    plain = f"{value:,f}"
    return plain.replace(",", "\u202f").replace(".", ",") if language == "fr" else plain


def _truncate(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _default(text: str, other: str) -> str:
    return text or other


@lru_cache(maxsize=16)
def environment(language: str, html: bool) -> Environment:
    """Jinja for one language and one part: strict, without globals, and only the filters of the list."""
    # Only HTML is escaped: the subject and the text part are text, and go through the header and the size checks.
    env = Environment(undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True, cache_size=0)  # noqa: S701
    env.globals.clear()
    env.tests = {"defined": env.tests["defined"]}
    plain: dict[str, Callable[..., Any]] = {
        "upper": str.upper,
        "lower": str.lower,
        "title": str.title,
        "default": _default,
        "truncate": _truncate,
        "date": lambda text: long_date(text, language),
        "number": lambda text: spaced_number(text, language),
    }
    env.filters = {name: _as_text(function) for name, function in plain.items()}
    return env


def _as_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter gets and gives plain text, so that what it returns is escaped again, whatever came in."""
    return lambda value, *arguments: function(str.__str__(value), *arguments)


def parse(source: str) -> nodes.Template:
    """The parser that `core.templates.check` is given."""
    return environment("en", False).parse(source)

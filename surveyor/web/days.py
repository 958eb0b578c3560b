"""Days and instants as a person reads them on a page, whatever the page is about: "1er nov. 2026", "1 Nov 2026"."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.web.here import services
from surveyor.web.language import language

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
#: A day of the month that words follow, in a pattern of CLDR.
_DAY = re.compile(r"(?<!d)d(?= MMM)")


def day(value: date | None, shape: str = "long") -> str:
    """A date in words; "-" when there is none. shape: "long", "medium", or a pattern such as "d MMM"."""
    return "-" if value is None else _day(value, shape, language())


@lru_cache(maxsize=1024)
def _day(value: date, shape: str, spoken: str) -> str:
    dates = _calendar()
    known = dates.Locale.parse(LOCALES[spoken]).date_formats
    pattern = known[shape].pattern if shape in known else shape
    said: str = dates.format_date(value, format=_first(value, pattern, spoken), locale=LOCALES[spoken])
    return said


def _calendar() -> Any:
    """Babel, at the first day shown: it looks for the zone of the machine when it is loaded, which no start needs."""
    from babel import dates  # noqa: PLC0415

    return dates


def _first(value: date, pattern: str, spoken: str) -> str:
    """French counts the first day of a month and no other, which CLDR does not know: "1er mars", "2 mars"."""
    return _DAY.sub("d'er'", pattern) if spoken == "fr" and value.day == 1 else pattern


def tick(value: date) -> str:
    """A day under an axis: "mars", "janv. 26", "14 mars" when it begins no month."""
    return day(value, "d MMM" if value.day != 1 else "MMM yy" if value.month == 1 else "MMM")


def moment(value: datetime | None, zone: str = "") -> str:
    """An instant as the network's own clocks show it; "-" when there is none."""
    if value is None:
        return "-"
    local = value.astimezone(ZoneInfo(zone or services().settings.time_zone))
    pattern = _first(local.date(), "d MMM y, HH:mm", language())
    said: str = _calendar().format_datetime(local, format=pattern, locale=LOCALES[language()])
    return said

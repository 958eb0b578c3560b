"""Words of an explanation, in French and English: dates, counts, and why a decision was what it was."""

from __future__ import annotations

from datetime import date, datetime

from surveyor.core.calendar import zone_of
from surveyor.core.reasons import Reason, label

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}


def day_words(day: int, language: str, *, near: int | None = None) -> str:
    """ "14 mars", "1er mars", "14 March"; with its year when that is not the year of the day `near`."""
    found = date.fromordinal(day)
    month = _MONTHS["fr" if language == "fr" else "en"][found.month - 1]
    number = "1er" if language == "fr" and found.day == 1 else str(found.day)
    year = "" if near is not None and date.fromordinal(near).year == found.year else f" {found.year}"
    return f"{number} {month}{year}"


def clock_words(at: datetime, zone: str) -> str:
    """ "10:00", wall clock of the store."""
    return at.astimezone(zone_of(zone)).strftime("%H:%M")


def orders_words(count: int, language: str) -> str:
    """ "3 commandes", "1 order"."""
    noun = "commande" if language == "fr" else "order"
    many = count > 1 if language == "fr" else count != 1
    return f"{count} {noun}{'s' if many else ''}"


def emails_words(count: int, language: str) -> str:
    """ "2 e-mails", "1 email"."""
    noun = "e-mail" if language == "fr" else "email"
    many = count > 1 if language == "fr" else count != 1
    return f"{count} {noun}{'s' if many else ''}"


def days_words(count: int, language: str) -> str:
    """ "3 jours", "1 day"."""
    noun = "jour" if language == "fr" else "day"
    many = count > 1 if language == "fr" else count != 1
    return f"{count} {noun}{'s' if many else ''}"


def reason_words(reason: Reason, language: str) -> str:
    """The label of a reason inside a sentence: "désinscrit"."""
    words = label(reason, language)
    return words[:1].lower() + words[1:]

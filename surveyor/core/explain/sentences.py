"""The sentence of an explanation: the order, what was counted, what was planned, and what refused it."""

from __future__ import annotations

from surveyor.core.calendar import local_day
from surveyor.core.checks import YEAR
from surveyor.core.decision import Decision
from surveyor.core.explain.words import clock_words, day_words, emails_words, orders_words, reason_words
from surveyor.core.quoting import french
from surveyor.core.reasons import Reason, Verdict


def sentence(decision: Decision, *, language: str) -> str:
    """One sentence or two: the order, what was counted, what was planned, and what refused it."""
    french_asked = language == "fr"
    said = f"{_subject(decision, language)} : {_counted(decision, language)}"
    if decision.verdict is Verdict.NOT_ELIGIBLE:
        said += "."
    elif decision.verdict is Verdict.SCHEDULED:
        said += f". {_planned(decision, language)}."
    else:
        refused = "refusé" if french_asked else "refused"
        said += f". {_planned(decision, language)} {refused} : {_why(decision, language)}."
    return french(said) if french_asked else said.replace(" : ", ": ")


def _subject(decision: Decision, language: str) -> str:
    day = day_words(decision.day, language, near=decision.day)
    if decision.occurrence > 1:
        if language == "fr":
            return f"Passage n° {decision.occurrence} du cycle, le {day}"
        return f"Occurrence {decision.occurrence} of the cycle, on {day}"
    return f"Commande du {day}" if language == "fr" else f"Order of {day}"


def _counted(decision: Decision, language: str) -> str:
    reason = decision.reason
    if decision.counted is None or decision.window_start is None:
        return "" if reason is None else reason_words(reason, language)
    first = day_words(decision.window_start + 1, language, near=decision.day)
    last = day_words(decision.day, language, near=decision.day)
    orders = orders_words(decision.counted, language)
    said = f"{orders} du {first} au {last}" if language == "fr" else f"{orders} from {first} to {last}"
    if reason is Reason.BELOW_MIN_ORDERS and decision.needed is not None:
        said += f", il en faut {decision.needed}" if language == "fr" else f", {decision.needed} are needed"
    return said


def _planned(decision: Decision, language: str) -> str:
    day = planned_day(decision)
    if day is None or decision.planned_at is None:
        return "Envoi" if language == "fr" else "Email"
    words = day_words(day, language, near=decision.day)
    if decision.verdict is not Verdict.SCHEDULED:
        return f"Envoi prévu le {words}" if language == "fr" else f"Email planned for {words}"
    clock = clock_words(decision.planned_at, decision.zone)
    return f"Envoi prévu le {words} à {clock}" if language == "fr" else f"Email planned for {words} at {clock}"


def _why(decision: Decision, language: str) -> str:
    """The first reason, with the values that make it understood."""
    reason, last, end = decision.reason, decision.last_sent_day, decision.cooldown_end
    if reason is Reason.COOLDOWN and last is not None and end is not None:
        sent, possible = (day_words(day, language, near=decision.day) for day in (last, end))
        if language == "fr":
            return f"dernier e-mail le {sent}, prochain possible le {possible}"
        return f"last email on {sent}, next possible on {possible}"
    if reason is Reason.ANNUAL_CAP and decision.sent_in_year is not None:
        emails = emails_words(decision.sent_in_year, language)
        return f"{emails} en {YEAR} jours, le plafond" if language == "fr" else f"{emails} in {YEAR} days, the cap"
    if reason is Reason.EXPIRED and decision.due_day is not None:
        due = day_words(decision.due_day, language, near=decision.day)
        return f"trop tard, il était dû le {due}" if language == "fr" else f"too late, it was due on {due}"
    return "" if reason is None else reason_words(reason, language)


def planned_day(decision: Decision) -> int | None:
    return None if decision.planned_at is None else local_day(decision.planned_at, decision.zone)

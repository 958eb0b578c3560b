"""The express of a Monday: what a manager reads in two minutes, in words that a verdict allows (indicators.md, 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from surveyor.core.badges import HIDDEN_UNDER, LOW_UNDER, badge, label
from surveyor.core.indicators.changes import Verdict, change
from surveyor.core.indicators.measures import Counts, nps
from surveyor.core.intervals import nps_interval
from surveyor.core.periods import Period
from surveyor.core.reports.texts import NOTHING, NOTHING_NEW
from surveyor.core.reports.words import MONTHS, in_points
from surveyor.core.rounding import display_count, display_interval, display_nps


@dataclass(frozen=True, slots=True)
class Collected:
    """How the questionnaire travelled. refused: bounced or rejected emails of the week; rate: of the mature cohort, as
    it is displayed, "" when nothing was delivered; young: the cohort after it, whose rate still moves."""

    sent: int
    refused: int
    rate: str
    mature: Period
    young: Young | None = None


@dataclass(frozen=True, slots=True)
class Young:
    """Emails whose answers still come. rate: as it is displayed."""

    period: Period
    delivered: int
    answers: int
    rate: str


def banner(
    rolling: Counts,
    week: Counts,
    before: Counts,
    *,
    language: str,
    same_questionnaire: bool = True,
    customers: int | None = None,
) -> str:
    """The score of four weeks with its interval, n and badge, the answers of the week, and what may be said of change.

    Counts are promoters, passives and detractors of the rolling four weeks, of the week, of the twelve weeks before.
    customers: people behind the answers of the four weeks.
    """
    n, french = sum(rolling), language == "fr"
    sentences = [_score(rolling, customers, language), _answers(week, language)]
    if n < HIDDEN_UNDER:
        return " ".join(sentences)
    found = change(rolling, before, cadence="week", same_questionnaire=same_questionnaire)
    if found.verdict is Verdict.NONE or found.numbers is None:
        sentences.append("Évolution : pas de conclusion possible." if french else "Change: no conclusion possible.")
        return " ".join(sentences)
    points = in_points(found.numbers.delta, language)
    if found.verdict is Verdict.STABLE:
        sentences.append(
            f"Stable par rapport aux 12 semaines précédentes (écart de {points}, non significatif)."
            if french
            else f"Stable against the previous 12 weeks ({points}, not significant)."
        )
        return " ".join(sentences)
    words = found.verdict.words(language)
    sentences.append(
        f"{words[:1].upper()}{words[1:]} par rapport aux 12 semaines précédentes ({points})."
        if french
        else f"{words[:1].upper()}{words[1:]} against the previous 12 weeks ({points})."
    )
    return " ".join(sentences)


def _score(rolling: Counts, customers: int | None, language: str) -> str:
    n, french = sum(rolling), language == "fr"
    status = badge(n)
    found = nps(rolling, customers)
    if found.value is None or found.ci_low is None or found.ci_high is None:
        return f"NPS 4 semaines : {label(status, n, 'fr')}." if french else f"4-week NPS: {label(status, n, 'en')}."
    interval = display_interval(found.ci_low, found.ci_high)
    said = display_count(n, language)
    if french:
        return f"NPS 4 semaines : {found.display('fr')} {interval}, {said} réponses, {label(status, n, 'fr')}."
    return f"4-week NPS: {found.display('en')} {interval}, {said} answers, {label(status, n, 'en')}."


def _answers(week: Counts, language: str) -> str:
    """The answers of the week, with their own score and its interval from 30 on."""
    n = sum(week)
    said = display_count(n, language)
    low_high = nps_interval(week)
    score = f", NPS {display_nps(*week)} {display_interval(*low_high)}" if n >= LOW_UNDER else ""
    if language == "fr":
        return (
            f"Cette semaine : {said} réponse{'s' if n > 1 else ''}{score}." if n else "Cette semaine : aucune réponse."
        )
    return f"This week: {said} answer{'' if n == 1 else 's'}{score}." if n else "This week: no answer."


def waiting(n: int, late: int, language: str) -> str:
    """How many detractors wrote something and got no reply, `late` of them for more than 48 hours; "" for none."""
    if not n:
        return ""
    if language == "fr":
        all_ = ", depuis plus de 48 h" if n == 1 else ", tous depuis plus de 48 h"
        some = all_ if late == n else f", dont {late} depuis plus de 48 h" if late else ""
        who = f"{n} détracteurs ont laissé un commentaire" if n > 1 else "1 détracteur a laissé un commentaire"
        return f"{who} sans réponse{some}."
    all_ = ", for more than 48 hours" if n == 1 else ", all of them for more than 48 hours"
    some = all_ if late == n else f", {late} of them for more than 48 hours" if late else ""
    return f"{n} detractor{'' if n == 1 else 's'} left a comment without reply{some}."


def collection(found: Collected, language: str) -> str:
    """The line of the collection: emails of the week, addresses refused, and the response rate that no longer moves."""
    sent, refused = display_count(found.sent, language), display_count(found.refused, language)
    if language == "fr":
        line = f"{sent} e-mail{'s' if found.sent > 1 else ''} envoyé{'s' if found.sent > 1 else ''}, "
        line = line if found.sent else "Aucun e-mail envoyé, "
        line += f"{refused if found.refused else 'aucune'} adresse{'s' if found.refused > 1 else ''} "
        line += f"refusée{'s' if found.refused > 1 else ''}."
        if found.rate:
            line += f" Taux de réponse (envois du {span(found.mature, 'fr')}, définitif) : {found.rate}."
        return line + _young(found.young, "fr")
    line = f"{sent} email{'' if found.sent == 1 else 's'} sent, " if found.sent else "No email sent, "
    line += f"{refused if found.refused else 'no'} address{'es' if found.refused > 1 else ''} refused."
    if found.rate:
        line += f" Response rate (sent {span(found.mature, 'en')}, final): {found.rate}."
    return line + _young(found.young, "en")


def _young(found: Young | None, language: str) -> str:
    """What the emails after the mature cohort have brought so far."""
    if found is None or not found.delivered:
        return ""
    delivered, answers = display_count(found.delivered, language), display_count(found.answers, language)
    if language == "fr":
        got = f"{delivered} délivré{'s' if found.delivered > 1 else ''}, "
        got += f"{answers} réponse{'s' if found.answers > 1 else ''}"
        return f" Taux provisoire (envois du {span(found.period, 'fr')}) : {found.rate} ({got})."
    got = f"{delivered} delivered, {answers} answer{'' if found.answers == 1 else 's'}"
    return f" Provisional rate (sent {span(found.period, 'en')}): {found.rate} ({got})."


def closing(recommendations: Sequence[object], language: str, *, left: int = 0) -> str:
    """The last sentence: nothing else is behind the few that were said. left: what fired and was not said; "" then."""
    if not recommendations:
        return (NOTHING_NEW if left else NOTHING)[0 if language == "fr" else 1]
    if left:
        return ""
    return "Rien d'autre de significatif cette semaine." if language == "fr" else "Nothing else significant this week."


def span(period: Period, language: str) -> str:
    """ "13 avril au 10 mai", "13 April to 10 May"."""
    return f"{_day(period.first, language)} {'au' if language == 'fr' else 'to'} {_day(period.last, language)}"


def days(period: Period, language: str) -> str:
    """ "8 – 14 juin 2026", "29 juin – 5 juillet 2026": month and year are said once when they are the same."""
    first, last = period.first, period.last
    if first.year != last.year:
        return f"{day_of_year(first, language)} – {day_of_year(last, language)}"
    if first.month != last.month:
        return f"{_day(first, language)} – {day_of_year(last, language)}"
    number = "1er" if language == "fr" and first.day == 1 else str(first.day)
    return f"{number} – {day_of_year(last, language)}"


def day_of_year(day: date, language: str) -> str:
    """ "1er juin 2026", "8 June 2026"."""
    return f"{_day(day, language)} {day.year}"


def _day(day: date, language: str) -> str:
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{number} {MONTHS['fr' if language == 'fr' else 'en'][day.month - 1]}"


def is_quiet(rolling: Counts, sent: int) -> bool:
    """Whether there is nothing at all to say: no answer in four weeks and no email in the week."""
    return not sum(rolling) and not sent

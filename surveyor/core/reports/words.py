"""Sentences and subjects of reports, between a verdict and its reader; no other words are used (indicators.md, 18)."""

from __future__ import annotations

from functools import lru_cache

from surveyor.core.badges import HIDDEN_UNDER, LOW_UNDER
from surveyor.core.indicators.changes import Verdict, change
from surveyor.core.indicators.measures import Counts
from surveyor.core.intervals import NpsChange
from surveyor.core.rounding import display_nps, signed

EXCERPT = 280
ELLIPSIS = "…"
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
SHORT_MONTHS = {
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(),
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
}
_PERIOD = {"fr": {"month": "ce mois-ci", "week": "cette semaine"}, "en": {"month": "this month", "week": "this week"}}


def in_points(value: float, language: str) -> str:
    """ "+4 points", "-1 point"; none is singular in French and plural in English."""
    said = signed(value)
    one = said in ("+1", "-1") or (said == "0" and language == "fr")
    return f"{said} point" if one else f"{said} points"


def _bounds(numbers: NpsChange, language: str) -> tuple[str, str]:
    """The interval of a change: signed in French; in English the verb says which way, so sizes, the smaller first."""
    low, high = signed(numbers.ci_low), signed(numbers.ci_high)
    if language == "fr":
        return low, high
    sizes = sorted((low.lstrip("+-"), high.lstrip("+-")), key=int)
    return sizes[0], sizes[1]


def sentence_of_change(
    now: Counts, before: Counts, *, cadence: str = "month", language: str = "fr", same_questionnaire: bool = True
) -> str:
    """What may be said of an NPS and its change: nothing of a score under 10 answers, no conclusion under 30.

    cadence: "month" or "week", which also asks for more certainty. Raises KeyError for another word.
    """
    period = _PERIOD["fr" if language == "fr" else "en"][cadence]
    n, n_before = sum(now), sum(before)
    french = language == "fr"
    if n == 0:
        return f"Aucune réponse {period}." if french else f"No answer {period}."
    if n < HIDDEN_UNDER:
        return _too_few(n, period, language)
    score, former = display_nps(*now), display_nps(*before)
    if n < LOW_UNDER:
        if french:
            return f"Le NPS affiche {score} avec {n} réponses : pas de conclusion possible."
        return f"NPS reads {score} with {n} answers: no conclusion possible."
    found = change(now, before, cadence=cadence, same_questionnaire=same_questionnaire)
    if n_before >= LOW_UNDER and not same_questionnaire:
        if french:
            return (
                f"Le NPS affiche {score} avec {n} réponses. "
                "Évolution : pas de conclusion possible (le questionnaire a changé)."
            )
        return f"NPS reads {score} with {n} answers. Change: no conclusion possible (the questionnaire changed)."
    if found.verdict is Verdict.NONE or found.numbers is None:
        if french:
            return (
                f"Le NPS affiche {score} avec {n} réponses. "
                f"Évolution : pas de conclusion possible (réponses avant : {n_before})."
            )
        return f"NPS reads {score} with {n} answers. Change: no conclusion possible (answers before: {n_before})."
    if found.verdict is Verdict.STABLE:
        if french:
            return (
                f"Le NPS affiche {score} après {former}, mais avec {n} et {n_before} réponses "
                "l'écart peut venir du hasard. Nous n'en tirons pas de conclusion."
            )
        return (
            f"NPS reads {score} after {former}, but with {n} and {n_before} answers "
            "this may be chance. We draw no conclusion."
        )
    low, high = _bounds(found.numbers, language)
    up = found.verdict is Verdict.UP
    if french:
        return (
            f"Le NPS passe de {former} à {score} ({n_before} puis {n} réponses). "
            f"La {'hausse' if up else 'baisse'} est significative : entre {low} et {high} points."
        )
    return (
        f"NPS went from {former} to {score} ({n_before} then {n} answers). "
        f"The {'rise' if up else 'drop'} is significant: between {low} and {high} points."
    )


def _too_few(n: int, period: str, language: str) -> str:
    if language == "fr":
        plural, they = ("s", "qu'elles disent") if n > 1 else ("", "qu'elle dit")
        return f"{n} réponse{plural} {period} : pas de score. Voici ce {they}."
    plural, they = ("s", "they say") if n > 1 else ("", "it says")
    return f"{n} answer{plural} {period}: no score. Here is what {they}."


def voice_subject(
    month: str, unit: str, now: Counts, before: Counts, *, language: str = "fr", same_questionnaire: bool = True
) -> str:
    """The subject of La voix du client. month: "2026-05". Under 30 answers it counts customers, and has no score."""
    name = month_name(month, language)
    news = _news(now, before, language, same_questionnaire)
    if language == "fr":
        return f"La voix du client - {name} - {unit} : {news}"
    return f"Voice of the customer - {name} - {unit}: {news}"


@lru_cache(maxsize=128)
def month_name(month: str, language: str) -> str:
    """ "mai 2026", "May 2026" of "2026-05"."""
    year, number = month.split("-")
    return f"{MONTHS['fr' if language == 'fr' else 'en'][int(number) - 1]} {year}"


@lru_cache(maxsize=128)
def short_month(month: str, language: str) -> str:
    """ "févr. 26", "Feb 26" of "2026-02": for the axis of a chart."""
    year, number = month.split("-")
    return f"{SHORT_MONTHS['fr' if language == 'fr' else 'en'][int(number) - 1]} {year[2:]}"


def of_month(month: str) -> str:
    """ "de mai 2026", "d'octobre 2026": French, before a month."""
    name = month_name(month, "fr")
    return f"d'{name}" if name[0] in "ao" else f"de {name}"


def _news(now: Counts, before: Counts, language: str, same_questionnaire: bool) -> str:
    n = sum(now)
    if n < LOW_UNDER:
        return _speaking(n, language)
    found = change(now, before, same_questionnaire=same_questionnaire).verdict
    score = f"NPS {display_nps(*now)}"
    if found is Verdict.NONE:
        return score
    return f"{score}, stable" if found is Verdict.STABLE else f"{score}, {found.words(language)}"


def _speaking(n: int, language: str) -> str:
    if language == "fr":
        return "aucune réponse" if not n else "1 client vous parle" if n == 1 else f"{n} clients vous parlent"
    return "no answer" if not n else "1 customer speaks to you" if n == 1 else f"{n} customers speak to you"


def express_subject(week: int, unit: str, *, waiting: int, four_weeks: Counts, language: str = "fr") -> str:
    """The subject of the weekly express: what waits comes first, then the score of four weeks if it has 30 answers."""
    known = sum(four_weeks) >= LOW_UNDER
    score = display_nps(*four_weeks)
    if language == "fr":
        quiet = f"NPS {score} sur 4 semaines" if known else "rien à signaler"
        wait = "1 avis attend une réponse" if waiting == 1 else f"{waiting} avis attendent une réponse"
        return f"Express semaine {week} - {unit} : {wait if waiting else quiet}"
    quiet = f"NPS {score} over 4 weeks" if known else "nothing to report"
    wait = "1 review is waiting for a reply" if waiting == 1 else f"{waiting} reviews are waiting for a reply"
    return f"Express week {week} - {unit}: {wait if waiting else quiet}"


def excerpt(text: str) -> str:
    """A comment on one line of at most 280 characters, cut between words where it can be."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT:
        return line
    cut = line.rfind(" ", 0, EXCERPT)
    return line[: cut if cut > 0 else EXCERPT - 1] + ELLIPSIS

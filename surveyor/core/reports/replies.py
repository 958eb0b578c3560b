"""How a month was answered and what was seen since, in sentences that name no cause: two sections of the voice."""

from __future__ import annotations

from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.indicators.measures import Counts
from surveyor.core.indicators.reviews import Answered
from surveyor.core.reports.report import Told
from surveyor.core.reports.voice import Returning, VoiceFacts
from surveyor.core.reports.words import MONTHS, month_name
from surveyor.core.rounding import display_count, display_duration, display_nps, display_rate, display_share


def answered(f: VoiceFacts) -> list[str]:
    """Reply rate, median and mean delay, detractors within 48 hours, customers who came back; [] without a reply."""
    spoken = f.language
    french = spoken == "fr"
    said = [] if f.answered is None else _delays(f.answered, spoken)
    if f.answered is not None and f.answered.detractors.due:
        told = f.answered.detractors
        share = display_rate(told.handled, told.due, spoken)
        of = "" if " " in share else f" ({told.handled} sur {told.due})" if french else ""
        of = of if french or " " in share else f" ({told.handled} of {told.due})"
        said.append(
            f"Détracteurs traités en moins de 48 h : {share}{of}."
            if french
            else f"Detractors handled within 48 hours: {share}{of}."
        )
    if f.come_back[1]:
        yes, n_asked = f.come_back
        rate = display_rate(yes, n_asked, spoken)
        shown = rate if n_asked < HIDDEN_UNDER else f"{rate} ({yes} {'sur' if french else 'of'} {n_asked})"
        said.append(
            f"Après notre réponse, envisagent de revenir : {shown}."
            if french
            else f"After our reply, would come back: {shown}."
        )
    if f.returning is not None and f.returning.replied[1]:
        said.append(_returning(f.returning, french))
    return said


def _delays(found: Answered, spoken: str) -> list[str]:
    """How many comments got a reply, and how fast: REV-03, and REV-04 as everywhere, its capped mean."""
    (replied, comments), time = found.replied, found.time
    if comments and not replied:
        return [_none(comments, spoken)]
    if not replied or time.median is None or time.capped_mean is None:
        return []
    n, share = display_count(replied, spoken), display_share(replied, comments, spoken)
    middle, mean = (display_duration(round(3600 * hours), spoken) for hours in (time.median, time.capped_mean))
    if spoken == "fr":
        words = f"{n} réponse{'s' if replied > 1 else ''} ({share} des commentaires)"
        return [f"{words}, délai médian {middle}, moyen plafonné {mean}."]
    words = f"{n} {'reply' if replied == 1 else 'replies'} ({share} of comments)"
    return [f"{words}, median delay {middle}, capped mean {mean}."]


def _none(comments: int, spoken: str) -> str:
    if comments == 1:
        return "Le commentaire n'a pas reçu de réponse." if spoken == "fr" else "The comment got no reply."
    n = display_count(comments, spoken)
    return (
        f"Aucun des {n} commentaires n'a reçu de réponse."
        if spoken == "fr"
        else f"None of the {n} comments got a reply."
    )


def _returning(found: Returning, french: bool) -> str:
    """REV-08 with the same figure for those without a reply: an association."""
    (back, over), (others, silent) = found.replied, found.silent
    first, last = (f"{day:%Y-%m}" for day in (found.period.first, found.period.last))
    if french:
        months = f"{MONTHS['fr'][found.period.first.month - 1]} à {month_name(last, 'fr')}"
        beside = f" ; sans réponse : {others} sur {silent}" if silent else ""
        return (
            f"Clients récupérés (détracteurs de {months}) : {back} sur {over} ont commandé dans les 60 jours après "
            f"notre réponse{beside}. C'est un constat, pas un effet mesuré."
        )
    months = f"{month_name(first, 'en')} to {month_name(last, 'en')}"
    beside = f"; without a reply: {others} of {silent}" if silent else ""
    return (
        f"Recovered customers (detractors of {months}): {back} of {over} ordered within 60 days of our reply{beside}. "
        "This is an observation, not a measured effect."
    )


def since(f: VoiceFacts, one: Told) -> str:
    """What was seen since a recommendation of the month before: mentions of its label, else the score."""
    french = f.language == "fr"
    kind, _, key = one.unit.partition(":")
    if kind == "label":
        now, before = (counts.get(key, (0, 0, 0)) for counts in (f.mentions, f.former_mentions))
        good = one.rule in ("R7", "R8")
        k1, k0 = (now[0], before[0]) if good else (now[2], before[2])
        if french:
            word = "positive" if good else "négative"
            return f"depuis : {k1} mention{_s(k1)} {word}{_s(k1)}, après {k0}"
        word = "positive" if good else "negative"
        return f"since: {k1} {word} mention{'' if k1 == 1 else 's'}, after {k0}"
    return f"{'depuis : ' if french else 'since: '}{_score(f.now, french)}, {'après' if french else 'after'} " + _score(
        f.before.counts, french
    )


def _score(counts: Counts, french: bool) -> str:
    n = sum(counts)
    answers = f"{n} réponse{_s(n)}" if french else f"{n} answer{'' if n == 1 else 's'}"
    return answers if n < HIDDEN_UNDER else f"NPS {display_nps(*counts)} ({answers})"


def _s(n: int) -> str:
    return "s" if n > 1 else ""

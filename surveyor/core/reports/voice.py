"""La voix du client: a month of some stores in sentences, from counts to the printed page (indicators.md, 18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveyor.core.badges import HIDDEN_UNDER, badge, label
from surveyor.core.goals import Aimed
from surveyor.core.indicators.changes import Verdict, change
from surveyor.core.indicators.measures import Counts, nps
from surveyor.core.indicators.reviews import Answered
from surveyor.core.indicators.weighting import WARNING_FROM, WeightedNps
from surveyor.core.intervals import NpsChange, nps_interval
from surveyor.core.matrix import CONFIDENCE, GOOD, Matrix
from surveyor.core.periods import Period
from surveyor.core.reports.headings import counted
from surveyor.core.reports.report import Quote, Section, Told
from surveyor.core.reports.words import in_points, month_name, sentence_of_change, voice_subject
from surveyor.core.rounding import (
    decimal,
    display_count,
    display_interval,
    display_nps,
    signed,
)
from surveyor.core.tally import Reasons, Tally

NO_COUNTS: Counts = (0, 0, 0)
NOTHING = Tally()
#: Labels that are shown among what annoys and what is liked.
MOST_LABELS = 3
#: Places of the mentions of a label that speak well and badly of it.
POSITIVE, NEGATIVE = 0, 2


@dataclass(frozen=True, slots=True)
class Former:
    """A month that this one is compared with: its counts, and whether its questionnaire was the same."""

    counts: Counts = NO_COUNTS
    same_questionnaire: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """The part of the customers that answers most for its size: shares in percent of customers and of answers."""

    segment: str
    customers: int
    answers: int


@dataclass(frozen=True, slots=True)
class Beside:
    """A store among its peers: adjusted scores do the judging, raw ones and their gap are said."""

    verdict: Verdict
    own: float
    peers: float
    gap: NpsChange


@dataclass(frozen=True, slots=True)
class Placed:
    """A store of the scope: its tier, its adjusted score in points with its interval, its counts."""

    name: str
    tier: Verdict
    adjusted: float
    bounds: tuple[float, float]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Marked:
    """Something that changed under the trend: in which month (its token), and what."""

    month: str
    what: str


@dataclass(frozen=True, slots=True)
class Returning:
    """Detractors of some months with an order in the 60 days after our reply, of those whose 60 days are over (REV-08).

    silent: the same without a reply, after their answer. An association, never an effect.
    """

    period: Period
    replied: tuple[int, int]
    silent: tuple[int, int]


@dataclass(frozen=True, slots=True)
class VoiceFacts:
    """A month of some stores, counted; nothing here is a sentence but what customers wrote and what was recommended.

    before, year: the month before and the same month a year ago. series: (month, counts), the oldest first. labels: id
    -> name in the language; mentions: (positive, neutral, negative). cohort: of `cohort_month`, whose rates are final.
    customers: distinct people behind the answers. pressure: mean and p95; fatigue: points with their interval.
    revised: when the closed month was corrected, "" when it was not; as_closed: its counts before that. answered: how.
    come_back: (yes, answers) of those we replied to. former_mentions: of the month before. national: plans of the
    whole network, with dates. now, n: promoters, passives and detractors of the month, and its answers.
    """

    month: Period
    unit: str
    edition: str
    language: str
    scores: Tally
    before: Former = Former()
    year: Former = Former()
    series: Sequence[tuple[str, Counts]] = ()
    marks: Sequence[Marked] = ()
    customers: int | None = None
    weighted: WeightedNps | None = None
    heard: Heard | None = None
    matrix: Matrix | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    mentions: Mapping[str, Counts] = field(default_factory=dict)
    rising: Sequence[tuple[str, int, int, int, int]] = ()
    quotes: Sequence[Quote] = ()
    cohort_month: str = ""
    cohort: Tally = NOTHING
    delivered_known: bool = True
    reasons: Reasons = field(default_factory=dict)
    pressure: tuple[float, float] | None = None
    fatigue: tuple[float, float, float] | None = None
    beside: Beside | None = None
    stores: Sequence[Placed] = ()
    pages: Sequence[Section] = ()
    followed: Sequence[Told] = ()
    custscore: str = ""
    to_win: Sequence[str] = ()
    closed: bool = True
    revised: str = ""
    as_closed: Counts | None = None
    answered: Answered | None = None
    come_back: tuple[int, int] = (0, 0)
    returning: Returning | None = None
    former_mentions: Mapping[str, Counts] = field(default_factory=dict)
    national: Sequence[tuple[str, str]] = ()
    goals: Mapping[str, Aimed] = field(default_factory=dict)
    now: Counts = field(init=False)
    n: int = field(init=False)

    def __post_init__(self) -> None:
        """What nearly every sentence asks for."""
        object.__setattr__(self, "now", self.scores.bands)
        object.__setattr__(self, "n", sum(self.now))


def subject(f: VoiceFacts) -> str:
    """The subject of the email, and the title of the page."""
    same = f.before.same_questionnaire
    return voice_subject(f.month.token, f.unit, f.now, f.before.counts, language=f.language, same_questionnaire=same)


def lead(f: VoiceFacts) -> str:
    """The score of the month with its interval, n and badge, or that there is none."""
    french, n = f.language == "fr", f.n
    found = nps(f.now, f.customers)
    words = label(badge(n), n, f.language)
    if found.value is None or found.ci_low is None or found.ci_high is None:
        return f"NPS du mois : {words}." if french else f"NPS of the month: {words}."
    interval, said = display_interval(found.ci_low, found.ci_high), display_count(n, f.language)
    score = found.display(f.language)
    return (
        f"NPS du mois : {score} {interval}, {said} réponses, {words}."
        if french
        else f"NPS of the month: {score} {interval}, {said} answers, {words}."
    )


def correction(f: VoiceFacts) -> str:
    """From what to what the score of a closed month was corrected; "" when it was not, or of a part of stores."""
    if not f.revised or f.as_closed is None:
        return ""
    then, now = (_score_of(counts, f.language) for counts in (f.as_closed, f.now))
    if f.language == "fr":
        said = f"NPS {then} à la clôture, {now} depuis" if then != now else "sans effet sur le NPS"
        return f"Révision du {f.revised} : {said}."
    said = f"NPS {then} when the month was closed, {now} since" if then != now else "the NPS is the same"
    return f"Revision of {f.revised}: {said}."


def _score_of(counts: Counts, language: str) -> str:
    found, none = nps(counts), "sans score" if language == "fr" else "no score"
    return f"{none if found.value is None else found.display(language)} ({counted('answers', sum(counts), language)})"


def changes(f: VoiceFacts) -> list[str]:
    """What may be said of the month before, then of the same month a year ago."""
    said = [
        sentence_of_change(f.now, f.before.counts, language=f.language, same_questionnaire=f.before.same_questionnaire)
    ]
    if f.n < HIDDEN_UNDER or not sum(f.year.counts):
        return said
    found = change(f.now, f.year.counts, same_questionnaire=f.year.same_questionnaire)
    last = month_name(f"{f.month.first.year - 1}-{f.month.first.month:02d}", f.language)
    words = found.verdict.words(f.language)
    points = ""
    if found.numbers is not None and found.verdict is not Verdict.NONE:
        points = f", {in_points(found.numbers.delta, f.language)}"
    was = display_nps(*f.year.counts)
    if f.language == "fr":
        return [*said, f"Par rapport à {last} ({was}) : {words}{points}."]
    return [*said, f"Against {last} ({was}): {words}{points}."]


def bias(f: VoiceFacts) -> str:
    """Whether those who answered look like those who buy; "" when it was not measured."""
    found, french = f.weighted, f.language == "fr"
    if found is None:
        return ""
    weighted, plain = signed(found.value), signed(found.unweighted)
    if abs(found.gap) < WARNING_FROM or f.heard is None:
        return (
            f"À profil corrigé, le NPS serait de {weighted} au lieu de {plain}."
            if french
            else f"Corrected for who answers, NPS would be {weighted} instead of {plain}."
        )
    heard = f.heard
    if french:
        return (
            f"Les clients {heard.segment} représentent {heard.customers} % des clients mais {heard.answers} % des "
            f"réponses. À profil corrigé, le NPS serait de {weighted} au lieu de {plain}."
        )
    return (
        f"{heard.segment} customers are {heard.customers} % of customers but {heard.answers} % of answers. "
        f"Corrected for this, NPS would be {weighted} instead of {plain}."
    )


def of_matrix(found: Matrix, language: str) -> str:
    """How many labels go well, and how many of those are uncertain; "" under five classified labels."""
    if found.value is None:
        return ""
    percent = decimal(found.value, 0, language)
    doubtful = sum(one.uncertain and one.quadrant in GOOD for one in found.labels.values())
    if language == "fr":
        some = f", dont {doubtful} incertain{'s' if doubtful > 1 else ''}" if doubtful else ""
        return f"{percent} % des libellés sont à valoriser ou à maintenir ({found.good} sur {found.classified}{some})."
    some = f", {doubtful} of them uncertain" if doubtful else ""
    return f"{percent} % of labels are to promote or maintain ({found.good} of {found.classified}{some})."


def of_peers(found: Beside, language: str) -> str:
    """Where a store stands among its peers, with the gap between its score and theirs."""
    own, peers = signed(found.own), signed(found.peers)
    low, high = signed(found.gap.ci_low), signed(found.gap.ci_high)
    words = found.verdict.words(language)
    if language == "fr":
        return f"Ce magasin est {words} : {own} contre {peers} (écart entre {low} et {high} points)."
    return f"This store is {words}: {own} against {peers} (gap between {low} and {high} points)."


def top(f: VoiceFacts, place: int) -> list[tuple[str, int, int]]:
    """The labels with most positive (place 0) or negative (2) mentions: name, these and all, at most three.

    Customers like what surely goes well: the interval of its performance is over 0 (11.3), not half of many mentions.
    """
    counted = [
        (f.labels.get(key, key), counts[place], sum(counts))
        for key, counts in f.mentions.items()
        if counts[place] and (place == NEGATIVE or nps_interval(counts, CONFIDENCE)[0] > 0)
    ]
    return sorted(counted, key=lambda one: (-one[1], one[0].lower()))[:MOST_LABELS]


def closing(language: str) -> str:
    """The last sentence."""
    if language == "fr":
        return "Pense à partager cette synthèse avec ton équipe."
    return "Please share this summary with your team."

"""What came out of an experiment, arm by arm, and the only words that may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from surveyor.core import intervals
from surveyor.core.experiments.size import Plan
from surveyor.core.experiments.stages import Stage

#: Deliveries under which two rates are not compared at all.
LEAST = 30


@dataclass(frozen=True, slots=True)
class Arm:
    """The counts of one arm: invitations sent, delivered, visited, answered; answers by family; what they cost.

    unsubscribed, complained: by the link of one of its emails, by its mailbox.
    """

    name: str
    sent: int = 0
    delivered: int = 0
    visited: int = 0
    responded: int = 0
    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    unsubscribed: int = 0
    complained: int = 0

    @property
    def nps(self) -> tuple[int, int, int]:
        """Promoters, passives, detractors."""
        return self.promoters, self.passives, self.detractors


class Finding(StrEnum):
    """The words for one arm beside the first one."""

    NONE_YET = "none_yet"
    TOO_FEW = "too_few"
    UNDECIDED = "undecided"
    MORE = "more"
    FEWER = "fewer"
    PROVISIONAL = "provisional"
    STOPPED = "stopped"

    def words(self, language: str) -> str:
        """As a reader sees it, "fr" or English."""
        return WORDS[self][0 if language == "fr" else 1]


WORDS: dict[Finding, tuple[str, str]] = {
    Finding.NONE_YET: (
        "en cours : aucune conclusion avant la fin",
        "running: nothing is concluded before its end",
    ),
    Finding.TOO_FEW: ("pas assez d'e-mails remis pour conclure", "not enough emails delivered to conclude"),
    Finding.UNDECIDED: ("pas de différence établie", "no difference established"),
    Finding.MORE: ("davantage de réponses : différence établie", "more answers: a difference is established"),
    Finding.FEWER: ("moins de réponses : différence établie", "fewer answers: a difference is established"),
    Finding.PROVISIONAL: ("terminée : des réponses peuvent encore arriver", "over: answers may still come"),
    Finding.STOPPED: (
        "arrêtée avant sa fin : aucune conclusion",
        "stopped before its end: no conclusion",
    ),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two shares, in points of percentage: the plain one and its interval (CI-DIFF-PROP)."""

    value: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """An arm beside the first one; None where there is nothing to compare. ratio: of the two response rates (CI-RATIO).

    confidence: of every interval here, 0.95 for two arms, more for several (Bonferroni). nps: shown and flagged, never
    concluded from: an arm that changes who is asked changes the score.
    """

    arm: str
    finding: Finding
    confidence: float
    responses: Difference | None
    ratio: tuple[float, float, float] | None
    unsubscribes: Difference | None
    complaints: Difference | None
    nps: intervals.NpsChange | None


def compare(arms: list[Arm], *, stage: Stage, plan: Plan | None = None) -> list[Comparison]:
    """Every arm but the first beside the first, in order.

    A difference is established when the whole interval is on one side of 0; with k comparisons each interval is taken
    at 1 - 0.05/k, so that one false conclusion in twenty experiments stays one in twenty. Under 30 deliveries on a
    side, or under half of those that were planned, nothing is concluded.
    """
    first, *others = arms
    confidence = 1 - (1 - intervals.CONFIDENCE) / max(1, len(others))
    return [_beside(one, first, stage=stage, plan=plan, confidence=confidence) for one in others]


def _beside(one: Arm, first: Arm, *, stage: Stage, plan: Plan | None, confidence: float) -> Comparison:
    pairs = [
        ((getattr(one, name), one.delivered), (getattr(first, name), first.delivered))
        for name in ("responded", "unsubscribed", "complained")
    ]
    responses, unsubscribes, complaints = (_difference(a, b, confidence) for a, b in pairs)
    answered = sum(one.nps) and sum(first.nps)
    return Comparison(
        one.name,
        _finding(one, first, stage=stage, plan=plan, found=responses),
        confidence,
        responses,
        _ratio(*pairs[0], confidence),
        unsubscribes,
        complaints,
        intervals.nps_difference(one.nps, first.nps, confidence) if answered else None,
    )


def _finding(one: Arm, first: Arm, *, stage: Stage, plan: Plan | None, found: Difference | None) -> Finding:
    if stage is Stage.STOPPED:
        return Finding.STOPPED
    if stage in (Stage.PLANNED, Stage.RUNNING, Stage.ENDLESS):
        return Finding.NONE_YET
    if stage is Stage.LATE:
        return Finding.PROVISIONAL
    least = max(LEAST, 0 if plan is None else plan.per_arm / 2)
    if found is None or min(one.delivered, first.delivered) < least:
        return Finding.TOO_FEW
    if found.ci_low <= 0 <= found.ci_high:
        return Finding.UNDECIDED
    return Finding.MORE if found.ci_low > 0 else Finding.FEWER


def _difference(one: tuple[int, int], other: tuple[int, int], confidence: float) -> Difference | None:
    bounds = intervals.newcombe(one, other, confidence)
    if bounds is None:
        return None
    return Difference(100 * (one[0] / one[1] - other[0] / other[1]), 100 * bounds[0], 100 * bounds[1])


def _ratio(one: tuple[int, int], other: tuple[int, int], confidence: float) -> tuple[float, float, float] | None:
    bounds = intervals.katz(one, other, confidence) if one[1] and other[1] else None
    return None if bounds is None else ((one[0] / one[1]) / (other[0] / other[1]), *bounds)

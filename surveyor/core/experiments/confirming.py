"""Whether an experiment confirms that an action raises the NPS: between its comparisons and recommendation R16."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from surveyor.core.badges import LOW_UNDER
from surveyor.core.experiments.results import Arm, Comparison, Finding
from surveyor.core.indicators.changes import at_least_five_points
from surveyor.core.rules import ARM_KEYS, Experiment, Rule
from surveyor.core.scope import Scope

#: Keys that an arm may change without another person being asked, or another question.
SAME_ASKED = frozenset({"delay_days", "send_time", "send_days", "email", "reminder_after_days"})


class Confirming(StrEnum):
    """What an experiment says of an action; only CONFIRMED makes a signal of R16."""

    CONFIRMED = "confirmed"
    ELSEWHERE = "elsewhere"
    OTHERS_ASKED = "others_asked"
    STOPPED = "stopped"
    NOT_YET = "not_yet"
    TOO_FEW = "too_few"
    FEWER = "fewer"
    NOT_SHOWN = "not_shown"

    def words(self, language: str) -> str:
        """As a reader sees it, "fr" or English."""
        return WORDS[self][0 if language == "fr" else 1]


WORDS: dict[Confirming, tuple[str, str]] = {
    Confirming.CONFIRMED: (
        "confirme : le NPS du bras est plus haut, d'un écart que le hasard n'explique guère",
        "confirms: the NPS of the arm is higher, by a gap that chance hardly explains",
    ),
    Confirming.ELSEWHERE: (
        "ne peut rien confirmer : elle porte sur une partie des clients de ce plan seulement",
        "can confirm nothing: it is about some of the customers of this plan only",
    ),
    Confirming.OTHERS_ASKED: (
        "ne peut rien confirmer : le bras change qui est sollicité ou ce qui est demandé, donc le score",
        "can confirm nothing: the arm changes who is asked or what is asked, hence the score",
    ),
    Confirming.STOPPED: (
        "ne confirme rien : arrêtée avant sa fin",
        "confirms nothing: stopped before its end",
    ),
    Confirming.NOT_YET: (
        "ne dit rien encore : des réponses peuvent venir",
        "says nothing yet: answers may still come",
    ),
    Confirming.TOO_FEW: (
        "ne confirme rien : trop peu d'e-mails remis ou de réponses",
        "confirms nothing: too few emails delivered or answers",
    ),
    Confirming.FEWER: (
        "ne confirme rien : moins de clients répondent dans ce bras, les mécontents peut-être",
        "confirms nothing: fewer customers answer in this arm, the unhappy ones perhaps missing",
    ),
    Confirming.NOT_SHOWN: (
        "ne confirme pas : aucune hausse du NPS établie",
        "does not confirm: no rise of the NPS is established",
    ),
}
_FINDINGS = {
    Finding.STOPPED: Confirming.STOPPED,
    Finding.NONE_YET: Confirming.NOT_YET,
    Finding.PROVISIONAL: Confirming.NOT_YET,
    Finding.TOO_FEW: Confirming.TOO_FEW,
    Finding.FEWER: Confirming.FEWER,
}


def confirming(
    rule: Rule, experiment: Experiment, arm: str, arms: Sequence[Arm], said: Sequence[Comparison], *, scope: Scope
) -> Confirming:
    """What `arm`, which lives the action, says beside the first one; `scope`: the stores of the action.

    Confirmed: the experiment is about all of them, is over and big enough as its page says, asks the same people the
    same questions in both arms, does not lose answers, and the whole interval of the difference of the NPS is over 0
    at the confidence of the page, with 30 answers on both sides and 5 points or more (D10). Raises KeyError for the
    first arm and one that there is not.
    """
    beside = {one.arm: one for one in said}[arm]
    if not about_all(rule, scope):
        return Confirming.ELSEWHERE
    if not _changed(rule, experiment, arm) <= SAME_ASKED:
        return Confirming.OTHERS_ASKED
    if beside.finding in _FINDINGS:
        return _FINDINGS[beside.finding]
    mine, first = next(one for one in arms if one.name == arm), arms[0]
    if beside.nps is None or min(sum(mine.nps), sum(first.nps)) < LOW_UNDER:
        return Confirming.TOO_FEW
    higher = beside.nps.ci_low > 0 and at_least_five_points(mine.nps, first.nps)
    return Confirming.CONFIRMED if higher else Confirming.NOT_SHOWN


def about_all(rule: Rule, scope: Scope) -> bool:
    """Whether a rule looks at every order of a scope: each of its filters is wide enough for it."""
    filters = ((rule.segments, scope.segments), (rule.store_ids, scope.stores), (rule.regions, scope.regions))
    return all(not wanted or (bool(given) and set(given) <= set(wanted)) for wanted, given in filters)


def _changed(rule: Rule, experiment: Experiment, arm: str) -> set[str]:
    """The keys in which customers of an arm live another rule than those of the first one."""
    first, mine = (rule.with_arm(one) for one in (experiment.arms[0], *(o for o in experiment.arms if o.name == arm)))
    return {key for key in ARM_KEYS if getattr(first, key) != getattr(mine, key)}

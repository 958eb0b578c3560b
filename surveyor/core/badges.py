"""How far a figure can be trusted: the badge that stands between an indicator and its reader (indicators.md, 2)."""

from __future__ import annotations

from enum import StrEnum

HIDDEN_UNDER = 10
LOW_UNDER = 30
MEDIUM_UNDER = 100


class Status(StrEnum):
    """One badge; `provisional` is a second, independent flag."""

    NO_DATA = "no_data"
    HIDDEN = "hidden"
    LOW = "low"
    MEDIUM = "medium"
    GOOD = "good"
    COUNT = "count"
    NOT_MEASURED = "not_measured"
    ERROR = "error"
    COUNTING = "counting"


#: What each badge says, French and English; {n} is the number of answers so far.
LABELS: dict[Status, tuple[str, str]] = {
    Status.NO_DATA: ("Aucune réponse", "No answer"),
    Status.HIDDEN: ("n insuffisant ({n}/10)", "not enough answers ({n}/10)"),
    Status.LOW: ("fiabilité faible", "low reliability"),
    Status.MEDIUM: ("fiabilité moyenne", "medium reliability"),
    Status.GOOD: ("bonne fiabilité", "good reliability"),
    Status.COUNT: ("chiffre exact", "exact count"),
    Status.NOT_MEASURED: ("non mesuré", "not measured"),
    Status.ERROR: ("chiffre incohérent", "inconsistent figure"),
    Status.COUNTING: ("comptage en cours", "being counted"),
}
PROVISIONAL = ("provisoire", "provisional")
#: Help text of every badge, one click away.
HELP = (
    "L'intervalle mesure le hasard de l'échantillon, pas l'absence de ceux qui ne répondent pas.",
    "The interval reflects sampling chance, not the customers who did not answer.",
)


def badge(n: float) -> Status:
    """The badge of a sampled figure with n answers (a score) or a denominator of n (a rate). n >= 0."""
    if n <= 0:
        return Status.NO_DATA
    if n < HIDDEN_UNDER:
        return Status.HIDDEN
    if n < LOW_UNDER:
        return Status.LOW
    return Status.MEDIUM if n < MEDIUM_UNDER else Status.GOOD


def label(status: Status, n: float, language: str) -> str:
    """The words of a badge in "fr" or "en"."""
    return LABELS[status][0 if language == "fr" else 1].format(n=int(n))

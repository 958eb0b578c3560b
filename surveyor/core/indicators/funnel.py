"""The funnel: from hits to answers, two cohorts whose counts must add up (indicators.md, 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from surveyor.core.indicators.measures import Measure, rate
from surveyor.core.indicators.solicitation import refusal_reasons
from surveyor.core.tally import Reasons, Tally

#: block, key, French, English - in the order of the line; `inside` names the stage of which it is a part.
STAGES = (
    ("decisions", "hits", "Éligibles (déclenchements)", "Eligible (trigger hits)", ""),
    ("decisions", "refused", "Refusés", "Refused", "hits"),
    ("decisions", "scheduled", "Programmés", "Scheduled", "hits"),
    ("decisions", "dropped", "Abandonnés", "Dropped", "scheduled"),
    ("decisions", "failed", "Échoués", "Failed", "scheduled"),
    ("decisions", "in_doubt", "En doute", "In doubt", "scheduled"),
    ("decisions", "waiting", "En attente", "Waiting", "scheduled"),
    ("decisions", "went_out", "Partis", "Went out", "scheduled"),
    ("emails", "sent", "Envoyés", "Sent", ""),
    ("emails", "delivered", "Délivrés", "Delivered", "sent"),
    ("emails", "bounced_hard", "Adresses invalides", "Bounced hard", "sent"),
    ("emails", "bounced_soft", "Refus temporaires", "Bounced soft", "sent"),
    ("emails", "rejected", "Rejetés", "Rejected", "sent"),
    ("emails", "undelivered", "Sans nouvelle après 72 h", "No outcome after 72 h", "sent"),
    ("emails", "in_transit", "En chemin", "In transit", "sent"),
    ("emails", "opened", "Ouverts (indicatif)", "Opened", "delivered"),
    ("emails", "visited", "Questionnaire visité", "Visited", "delivered"),
    ("emails", "responded", "Ont répondu", "Responded", "visited"),
    ("emails", "responded_commented", "Avec un commentaire", "Commented", "responded"),
    ("emails", "unsubscribed", "Désabonnés", "Unsubscribed", "delivered"),
    ("emails", "complained", "Plaintes", "Complaints", "delivered"),
)
IDENTITIES = (
    "eligible_is_refused_plus_scheduled",
    "scheduled_is_all_its_fates",
    "sent_is_all_its_outcomes",
    "steps_never_grow",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step; `inside` is the key of the step it is a part of, "" for the first of a block."""

    block: str
    key: str
    label_fr: str
    label_en: str
    inside: str
    count: int

    def label(self, language: str) -> str:
        """Its name in "fr" or English."""
        return self.label_fr if language == "fr" else self.label_en


@dataclass(frozen=True, slots=True)
class Funnel:
    """Both cohorts: decisions by decision day, emails by sent day. They are two sets: no rate from one to the other.

    reasons: stage -> reason -> how many. identities: name -> does it hold; ok when all do.
    """

    stages: tuple[Stage, ...]
    reasons: Mapping[str, Mapping[str, int]]
    identities: Mapping[str, bool]

    @property
    def ok(self) -> bool:
        """False is a fault of ours, to be reported, never to be drawn."""
        return all(self.identities.values())

    def count(self, key: str) -> int:
        """The count of one stage. Raises KeyError."""
        return {stage.key: stage.count for stage in self.stages}[key]


def identities(tally: Tally, *, refused: int, dropped: int, waiting: int, in_transit: int) -> dict[str, bool]:
    """Which of the four identities hold, for counts of one period; the four arguments are counted on their own."""
    fates = dropped + tally.failed + tally.in_doubt + waiting + tally.went_out
    bounced = tally.bounced_hard + tally.bounced_soft + tally.rejected
    outcomes = tally.delivered + bounced + tally.undelivered + in_transit
    steps = (tally.responded_commented, tally.responded, tally.visited, tally.delivered)
    holds = (
        tally.hits == refused + tally.scheduled and refused >= 0,
        tally.scheduled == fates and waiting >= 0,
        tally.sent == outcomes and in_transit >= 0,
        all(fewer <= more for fewer, more in pairwise(steps)),
    )
    return dict(zip(IDENTITIES, holds, strict=True))


def funnel(
    tally: Tally, reasons: Reasons | None = None, *, waiting: int | None = None, in_transit: int | None = None
) -> Funnel:
    """The stages of a period with their identities.

    reasons: the side tally of the same cut; without it the refusals are the difference. waiting, in_transit: counted
    from rows when known, else what is left.
    """
    by_stage = refusal_reasons(reasons or {})
    refused = tally.refused if reasons is None else sum(by_stage["decision"].values())
    dropped = tally.dropped if reasons is None else sum(by_stage["drop"].values())
    counts = tally.to_mapping() | {
        "refused": refused,
        "dropped": dropped,
        "waiting": tally.waiting if waiting is None else waiting,
        "in_transit": tally.in_transit if in_transit is None else in_transit,
    }
    checks = identities(
        tally, refused=refused, dropped=dropped, waiting=counts["waiting"], in_transit=counts["in_transit"]
    )
    stages = tuple(Stage(block, key, fr, en, inside, counts[key]) for block, key, fr, en, inside in STAGES)
    return Funnel(stages, by_stage, checks)


def funnel_rates(tally: Tally) -> dict[str, Measure]:
    """The rates of the emails block, all of one cohort (comments among the answers of these emails)."""
    pairs = {
        "delivery_rate": (tally.delivered, tally.sent),
        "visit_rate": (tally.visited, tally.delivered),
        "response_rate": (tally.responded, tally.delivered),
        "response_rate_sent": (tally.responded, tally.sent),
        "completion_rate": (tally.responded, tally.visited),
        "comment_rate": (tally.responded_commented, tally.responded),
        "unsubscribe_rate": (tally.unsubscribed, tally.delivered),
        "complaint_rate": (tally.complained, tally.delivered),
    }
    return {key: rate(*pair) for key, pair in pairs.items()}

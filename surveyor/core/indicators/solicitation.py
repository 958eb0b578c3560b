"""SOL: who was asked, who got the email and who answered, from the decision and sent tallies (indicators.md, 8)."""

from __future__ import annotations

from dataclasses import replace

from surveyor.core.badges import Status
from surveyor.core.indicators.entries import Facts, Formula, indicator
from surveyor.core.indicators.measures import Measure, count, rate, without_value
from surveyor.core.reasons import GROUP, Reason
from surveyor.core.tally import Reasons, Tally

COMPLAINTS_READ_FROM = 200
STAGES = ("decision", "drop")
#: Decisions are taken before there is an email: they have no questionnaire, template or language of it.
BEFORE_EMAIL = frozenset({"questionnaire_version", "template_version"})
#: Groups of reasons that are pressure, opposition or nothing left to ask: not part of the legitimate volume.
NOT_LEGITIMATE = frozenset("PON")


def open_rate(opened: int, delivered: int, *, tracking: bool = False) -> Measure:
    """SOL-05 in percent: opened by a person; `not_measured` unless tracking is on."""
    return rate(opened, delivered) if tracking else without_value(Status.NOT_MEASURED, delivered)


def delivery_rate(delivered: int, sent: int, *, delivery_events: bool = True) -> Measure:
    """SOL-04 in percent; a provider that reports no deliveries gives `not_measured`."""
    return rate(delivered, sent) if delivery_events else without_value(Status.NOT_MEASURED, sent)


def complaint_rate(complained: int, delivered: int) -> Measure:
    """SOL-13 in percent, with `level`: from 200 delivered on `alert` at 0.10 % and `severe` at 0.30 %, else `none`."""
    found = rate(complained, delivered)
    level = "none"
    if delivered >= COMPLAINTS_READ_FROM:
        level = "severe" if 1000 * complained >= 3 * delivered else "alert" if 1000 * complained >= delivered else level
    return replace(found, facts={**found.facts, "level": level})


def coverage(asked: int | None, with_order: int | None) -> Measure:
    """SOL-03 in percent of distinct customers over 12 months; `not_measured` when nobody counted them."""
    if asked is None or with_order is None:
        return without_value(Status.NOT_MEASURED, 0)
    return rate(asked, with_order)


def refusal_reasons(reasons: Reasons) -> dict[str, dict[str, int]]:
    """SOL-14: stage ("decision", "drop") -> reason -> how many, in the order of the reasons; zeros are left out."""
    rank = {str(reason): place for place, reason in enumerate(Reason)}
    ordered = sorted(reasons.items(), key=lambda item: (rank.get(item[0][1], len(rank)), item[0][1]))
    return {stage: {reason: n for (at, reason), n in ordered if at == stage and n} for stage in STAGES}


def legitimate_volume(hits: int, reasons: Reasons) -> int:
    """Hits that the rules and the customers left open: all but pressure, opposition and nothing left to ask."""
    return hits - sum(n for (_, reason), n in reasons.items() if GROUP.get(_known(reason)) in NOT_LEGITIMATE)


def _known(reason: str) -> Reason:
    return Reason(reason) if reason in Reason._value2member_map_ else Reason.INTERNAL_ERROR


def assume_delivered(tally: Tally) -> Tally:
    """For a provider without delivery events: delivered is what was sent minus the known refusals."""
    refusals = tally.bounced_hard + tally.bounced_soft + tally.rejected
    return replace(tally, delivered=tally.sent - refusals, undelivered=0)


def _delivered(tally: Tally, facts: Facts) -> int:
    return (tally if facts.delivery_events else assume_delivered(tally)).delivered


def of_delivered(numerator: str) -> Formula:
    """The rate of a count over delivered; `assumed` is said when the provider reports no deliveries."""

    def formula(tally: Tally, facts: Facts) -> Measure:
        found = rate(getattr(tally, numerator), _delivered(tally, facts))
        return found if facts.delivery_events else replace(found, facts={**found.facts, "assumed": True})

    return formula


def _deliveries(tally: Tally, facts: Facts) -> Measure:
    return delivery_rate(tally.delivered, tally.sent, delivery_events=facts.delivery_events)


def _opens(tally: Tally, facts: Facts) -> Measure:
    return open_rate(tally.opened, _delivered(tally, facts), tracking=facts.tracking)


def _complaints(tally: Tally, facts: Facts) -> Measure:
    return complaint_rate(tally.complained, _delivered(tally, facts))


INDICATORS = (
    indicator(
        "SOL-01 hits count S decision -",
        "Déclenchements",
        "Trigger hits",
        lambda tally, _: count(tally.hits, refused=tally.refused, scheduled=tally.scheduled),
        not_by=BEFORE_EMAIL,
    ),
    indicator(
        "SOL-02 sent count S sent -",
        "Volume de sollicitation",
        "Solicitations sent",
        lambda tally, _: count(tally.sent, reminders=tally.reminders),
    ),
    indicator(
        "SOL-03 coverage percent D sent CI-PROP",
        "Taux de couverture",
        "Coverage",
        lambda _, facts: coverage(facts.customers_asked, facts.customers_with_order),
    ),
    indicator("SOL-04 delivery_rate percent S sent CI-PROP", "Taux de délivrance", "Delivery rate", _deliveries),
    indicator("SOL-05 open_rate percent S sent CI-PROP", "Taux d'ouverture (indicatif)", "Open rate", _opens),
    indicator("SOL-06 visit_rate percent S sent CI-PROP", "Taux de visite", "Visit rate", of_delivered("visited")),
    indicator(
        "SOL-07 response_rate percent S sent CI-PROP",
        "Taux de réponse des clients",
        "Response rate",
        of_delivered("responded"),
    ),
    indicator(
        "SOL-08 response_rate_sent percent S sent CI-PROP",
        "Taux de réponse sur envois",
        "Response rate on sent",
        lambda tally, _: rate(tally.responded, tally.sent),
    ),
    indicator(
        "SOL-09 completion_rate percent S sent CI-PROP",
        "Taux d'achèvement",
        "Completion",
        lambda tally, _: rate(tally.responded, tally.visited),
    ),
    indicator(
        "SOL-10 comment_rate percent S response CI-PROP",
        "Taux de commentaire",
        "Comment rate",
        lambda tally, facts: rate(tally.commented, tally.responses, customers=facts.customers),
    ),
    indicator(
        "SOL-11 responses count S response -",
        "Nombre de réponses, de commentaires",
        "Responses, comments",
        lambda tally, _: count(tally.responses, commented=tally.commented),
    ),
    indicator(
        "SOL-12 unsubscribe_rate percent S sent CI-PROP",
        "Taux de désabonnement (e-mail)",
        "Unsubscribe rate",
        of_delivered("unsubscribed"),
    ),
    indicator("SOL-13 complaint_rate percent S sent CI-PROP", "Taux de plainte", "Complaint rate", _complaints),
    indicator(
        "SOL-14 refusal_reasons count S decision -",
        "Motifs de non-envoi",
        "Reasons for not sending",
        lambda tally, facts: count(tally.refused + tally.dropped, **refusal_reasons(facts.reasons)),
        not_by=BEFORE_EMAIL,
    ),
    indicator(
        "SOL-20 solicitation_rate percent S decision -",
        "Taux de sollicitation",
        "Solicitation rate",
        lambda tally, _: rate(tally.went_out, tally.orders, census=True),
        not_by=BEFORE_EMAIL | {"rule", "rule_version"},
    ),
)

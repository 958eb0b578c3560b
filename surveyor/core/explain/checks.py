"""The checks of a decision one by one: what was compared, whether it passed, and what was never looked at."""

from __future__ import annotations

from dataclasses import dataclass

from surveyor.core.checks import ADDRESS_REASONS
from surveyor.core.decision import Decision
from surveyor.core.explain.sentences import planned_day
from surveyor.core.explain.words import day_words, days_words, reason_words
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its code, its name and value in words; `passed` None when the decision was made before it."""

    code: str
    name: str
    value: str
    passed: bool | None


def checks(decision: Decision, rule: Rule | None, *, language: str) -> tuple[Check, ...]:
    """Every check in the order of rules.md, 5, with its value; those after a NOT_ELIGIBLE were not made."""
    words = _CheckWords(decision, rule, language)
    reached = decision.verdict is not Verdict.NOT_ELIGIBLE
    refused = set(decision.reasons)
    found = []
    for code, names, reasons, early in _CHECKS:
        passed: bool | None = not refused & reasons
        if not reached and (not early or (passed and code not in _passed_before(decision.reason))):
            passed = None
        value = "" if passed is None else words.value(code, reasons & refused)
        found.append(Check(code, names[0] if language == "fr" else names[1], value, passed))
    return tuple(found)


_CHECKS: tuple[tuple[str, tuple[str, str], frozenset[Reason], bool], ...] = (
    ("rule", ("Règle active", "Active rule"), frozenset({Reason.RULE_DISABLED}), False),
    ("scope", ("Périmètre de la règle", "Scope of the rule"), frozenset({Reason.OUT_OF_SCOPE}), True),
    (
        "order",
        ("Commande maintenue", "Order not cancelled"),
        frozenset({Reason.ORDER_CANCELLED, Reason.ANCHOR_CANCELLED}),
        True,
    ),
    ("cycle", ("Hors d'un cycle", "Not in a cycle"), frozenset({Reason.ENROLLED}), True),
    (
        "count",
        ("Commandes comptées", "Orders counted"),
        frozenset({Reason.BELOW_MIN_ORDERS, Reason.BELOW_MIN_AT_SEND, Reason.IDLE, Reason.STOPPED_IDLE}),
        True,
    ),
    ("address", ("Adresse", "Address"), frozenset({Reason.NO_EMAIL, *ADDRESS_REASONS}), False),
    ("pause", ("Pause du client", "Customer's pause"), frozenset({Reason.PAUSED}), False),
    ("store", ("Magasin enquêté", "Store surveyed"), frozenset({Reason.STORE_EXCLUDED}), False),
    ("lateness", ("Retard", "Lateness"), frozenset({Reason.EXPIRED}), False),
    ("cooldown", ("Délai entre deux e-mails", "Time between two emails"), frozenset({Reason.COOLDOWN}), False),
    ("cap", ("Plafond annuel", "Yearly cap"), frozenset({Reason.ANNUAL_CAP}), False),
    (
        "open",
        ("Autre envoi prévu", "Another email planned"),
        frozenset({Reason.LOWER_PRIORITY, Reason.OPEN_SOLICITATION, Reason.SUPERSEDED}),
        False,
    ),
    (
        "draw",
        ("Tirage", "Draw"),
        frozenset({Reason.SAMPLING_HOLD, Reason.HOLDOUT, Reason.SAMPLED_OUT}),
        False,
    ),
)
_EARLY = ("scope", "order", "cycle", "count")
_REFUSED_AT = {
    Reason.OUT_OF_SCOPE: "scope",
    Reason.ORDER_CANCELLED: "order",
    Reason.ENROLLED: "cycle",
    Reason.BELOW_MIN_ORDERS: "count",
}


def _passed_before(reason: Reason | None) -> tuple[str, ...]:
    """The early checks that were passed before the one that refused."""
    at = _REFUSED_AT.get(reason, "scope") if reason is not None else "count"
    return _EARLY[: _EARLY.index(at)]


class _CheckWords:
    """The value of each check in words."""

    def __init__(self, decision: Decision, rule: Rule | None, language: str) -> None:
        self.decision = decision
        self.rule = rule
        self.language = language

    def value(self, code: str, refused: frozenset[Reason]) -> str:
        """The value that was compared, or why it refused."""
        compared = getattr(self, f"_{code}", None)
        if compared is not None:
            return str(compared())
        return ", ".join(reason_words(reason, self.language) for reason in sorted(refused))

    def _count(self) -> str:
        decision = self.decision
        if decision.counted is None:
            return ""
        needed = decision.needed or 1
        return f"{decision.counted} ≥ {needed}" if decision.counted >= needed else f"{decision.counted} < {needed}"

    def _lateness(self) -> str:
        decision, planned = self.decision, planned_day(self.decision)
        if planned is None or decision.due_day is None:
            return ""
        late = days_words(max(0, planned - decision.due_day), self.language)
        if self.rule is None:
            return late
        most = self.rule.max_late_days
        return f"{late} ({most} au plus)" if self.language == "fr" else f"{late} (at most {most})"

    def _cooldown(self) -> str:
        decision = self.decision
        if decision.last_sent_day is None or decision.cooldown_end is None:
            return "aucun e-mail" if self.language == "fr" else "no email"
        sent = day_words(decision.last_sent_day, self.language, near=decision.day)
        end = day_words(decision.cooldown_end, self.language, near=decision.day)
        return f"dernier le {sent}, fin le {end}" if self.language == "fr" else f"last on {sent}, over on {end}"

    def _cap(self) -> str:
        sent, cap = self.decision.sent_in_year or 0, None if self.rule is None else self.rule.cap_per_365d
        return str(sent) if cap is None else f"{sent} / {cap}"

    def _draw(self) -> str:
        return "" if self.decision.draw is None else f"{self.decision.draw:.6f}"

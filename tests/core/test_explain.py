"""An explanation says what a decision kept, in both languages, for every reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.decision import Decision, stored
from surveyor.core.explain import explain, next_words, not_counted
from surveyor.core.history import Order
from surveyor.core.journey import Decided, Effect, InvitationEnded
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule
from surveyor.core.written_cases import World

DOCUMENT = json.loads((Path(__file__).parents[1] / "golden" / "rule_scenarios.json").read_text(encoding="utf-8"))
SCENARIOS = {scenario["id"]: scenario for scenario in DOCUMENT["scenarios"]}


class Told(World):
    """Keeps every decision that was made, those at sending included."""

    def __init__(self, inputs: Any, defaults: Any) -> None:
        self.decisions: list[Decision] = []
        super().__init__(inputs, defaults)

    def follow(self, effects: Sequence[Effect]) -> None:
        super().follow(effects)
        for effect in effects:
            if isinstance(effect, Decided):
                self.decisions.append(effect.decision)
            elif isinstance(effect, InvitationEnded) and effect.checked is not None:
                self.decisions.append(effect.checked)


def decisions(case: str) -> list[Decision]:
    world = Told(SCENARIOS[case]["inputs"], DOCUMENT)
    world.run()
    return world.decisions


def said(decision: Decision, language: str = "fr") -> str:
    return explain(decision, Rule("std"), language=language).sentence.replace("\u00a0", " ")


def test_a_refusal_is_told_with_its_window_its_plan_and_the_next_possible_day() -> None:
    last = decisions("S12a")[-1]
    assert said(last) == (
        "Commande du 11 mars : 3 commandes du 12 janvier au 11 mars. Envoi prévu le 13 mars refusé : "
        "dernier e-mail le 14 janvier, prochain possible le 14 mars."
    )
    assert said(last, "en") == (
        "Order of 11 March: 3 orders from 12 January to 11 March. Email planned for 13 March refused: "
        "last email on 14 January, next possible on 14 March."
    )
    assert next_words(last, language="fr") == "Prochain envoi possible le 14 mars."
    assert next_words(last, language="en") == "Next email possible on 14 March."


@pytest.mark.parametrize(
    ("case", "at", "french", "english"),
    [
        (
            "S01",
            0,
            "Commande du 5 janvier : 1 commande du 6 novembre 2025 au 5 janvier, il en faut 2.",
            "Order of 5 January: 1 order from 6 November 2025 to 5 January, 2 are needed.",
        ),
        (
            "S01",
            1,
            "Commande du 19 janvier : 2 commandes du 20 novembre 2025 au 19 janvier. "
            "Envoi prévu le 21 janvier à 10:00.",
            "Order of 19 January: 2 orders from 20 November 2025 to 19 January. Email planned for 21 January at 10:00.",
        ),
        ("R36", 0, "Commande du 5 janvier : commande annulée.", "Order of 5 January: order cancelled."),
        (
            "R07",
            -1,
            "Passage n° 2 du cycle, le 14 mars : 0 commande du 15 janvier au 14 mars. Envoi refusé : "
            "aucune commande récente, cycle arrêté.",
            "Occurrence 2 of the cycle, on 14 March: 0 orders from 15 January to 14 March. Email refused: "
            "no recent order, cycle stopped.",
        ),
        (
            "S28",
            -1,
            "Commande du 19 janvier : 2 commandes du 20 novembre 2025 au 19 janvier. "
            "Envoi prévu le 30 janvier refusé : "
            "trop tard, il était dû le 21 janvier.",
            "Order of 19 January: 2 orders from 20 November 2025 to 19 January. Email planned for 30 January refused: "
            "too late, it was due on 21 January.",
        ),
        (
            "S37",
            -1,
            "Commande du 19 janvier : 2 commandes du 20 novembre 2025 au 19 janvier. "
            "Envoi prévu le 21 janvier refusé : "
            "magasin exclu des enquêtes.",
            "Order of 19 January: 2 orders from 20 November 2025 to 19 January. Email planned for 21 January refused: "
            "store excluded from surveys.",
        ),
    ],
)
def test_each_kind_of_decision_has_its_sentence(case: str, at: int, french: str, english: str) -> None:
    decision = decisions(case)[at]
    assert said(decision) == french
    assert said(decision, "en") == english


def test_checks_show_their_values_and_those_after_a_refusal_of_eligibility_were_not_made() -> None:
    cooldown = {c.code: (c.value, c.passed) for c in explain(decisions("S12a")[-1], Rule("std"), language="fr").checks}
    assert cooldown["count"] == ("3 ≥ 2", True)
    assert cooldown["cooldown"] == ("dernier le 14 janvier, fin le 14 mars", False)
    assert cooldown["lateness"] == ("0 jour (3 au plus)", True)
    assert cooldown["scope"] == ("", True)
    below = {c.code: c.passed for c in explain(decisions("S02")[-1], Rule("std"), language="en").checks}
    assert below["scope"] is True
    assert below["count"] is False
    assert below["cooldown"] is None
    scope = {c.code: c.passed for c in explain(decisions("R29")[0], None, language="en").checks}
    assert (scope["scope"], scope["order"], scope["count"]) == (False, None, None)
    draw = {c.code: c.value for c in explain(decisions("R40")[2], None, language="en").checks}
    assert draw["draw"] == "0.234196"


@pytest.mark.parametrize("case", SCENARIOS)
def test_every_decision_is_explained_in_both_languages_and_the_same_from_its_row(case: str) -> None:
    for decision in decisions(case):
        row = {
            "verdict": str(decision.verdict),
            "reason": None if decision.reason is None else str(decision.reason),
            "rule_id": decision.rule_id,
            "rule_version": decision.version,
            "arm": decision.arm,
            "order_id": decision.order_id,
            "occurrence": decision.occurrence if decision.occurrence > 1 else None,
            "store_id": decision.store_id,
            "day": decision.order_day,
            "planned_at": decision.planned_at,
            "decided_at": decision.decided_at,
            "facts": json.loads(json.dumps(decision.facts())),
        }
        assert stored(row, customer_id=decision.customer_id) == decision
        for language in ("fr", "en"):
            told = explain(decision, None, language=language)
            assert told.sentence.endswith(".")
            assert "_" not in told.sentence
            assert "None" not in told.sentence
            failed = [check for check in told.checks if check.passed is False]
            assert bool(failed) == bool(decision.reasons)


def test_orders_that_were_not_counted_are_told_with_why() -> None:
    decision = decisions("S12a")[-1]
    known = [
        _order("o4", "2026-03-11T11:00+00:00"),
        _order("o3", "2026-03-01T11:00+00:00"),
        _order("o2", "2026-01-12T11:00+00:00"),
        _order("o1", "2026-01-05T11:00+00:00"),
        _order("o5", "2026-03-11T12:00+00:00"),
        _order("ox", "2026-03-02T12:00+00:00", cancelled=True),
    ]
    rule = Rule("std")
    assert not_counted(decision, rule, known) == [("o1", "before the window"), ("ox", "cancelled"), ("o5", "later")]
    decision.order_ids = ("o4",)
    assert ("o3", "used up") in not_counted(decision, rule, known)
    by_store = Rule("std", count_scope="store")
    known[1].store_id = "S2"
    assert ("o3", "other store") in not_counted(decision, by_store, known)


def _order(order_id: str, at: str, *, cancelled: bool = False) -> Order:
    instant = datetime.fromisoformat(at)
    return Order(order_id, instant, instant, "S1", "Europe/Paris", cancelled)


def test_a_plan_is_its_own_next_day_and_an_unknown_next_day_is_not_invented() -> None:
    planned = decisions("S01")[-1]
    assert planned.verdict is Verdict.SCHEDULED
    assert next_words(planned, language="fr") == "Envoi prévu le 21 janvier."
    unsubscribed = decisions("S21")[-1]
    assert unsubscribed.reason is Reason.UNSUBSCRIBED
    assert next_words(unsubscribed, language="en") == ""
    assert unsubscribed.order_day == date(2026, 1, 19)


def test_an_order_whose_collection_nobody_knows_yet_is_not_counted_and_says_so() -> None:
    decided = decisions("S01")[-1]
    at = datetime.fromisoformat("2026-01-19T17:00:00+00:00")
    waiting = Order("late", at, None, decided.store_id, "Europe/Paris")
    told = dict(not_counted(decided, Rule("std", basis="fulfilled_at"), [waiting]))
    assert told == {"late": "unknown date"}

"""Rules as people read them: one sentence, a difference in words, a file that says which version it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from surveyor.core.rules import (
    RULE_KEYS,
    Arm,
    Experiment,
    GlobalRules,
    Rule,
    RuleSet,
    check_rules,
    diff_rules,
    export_text,
    from_plain,
    globals_from_plain,
    in_words,
    text_diff,
    to_plain,
    without_header,
)
from surveyor.core.rules.labels import ITEM_LABELS, item_label, send_days_text, time_text, value_text
from surveyor.core.rules.rule import WEEK

DRIVE = Rule("drive")
EXPERIMENT = Experiment(
    "delai", date(2026, 9, 1), date(2026, 12, 1), (Arm("d2"), Arm("d5", 2, {"delay_days": 5, "send_days": ("mon",)}))
)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_first_rule_reads_as_one_sentence_in_french() -> None:
    assert plain(in_words(DRIVE, "fr")) == (
        "Un client qui a passé 2 commandes en 2 mois reçoit un e-mail 2 jours après, à 10 h, "
        "au plus un tous les 2 mois, tant qu'il a commandé dans les 2 derniers mois. "
        "Le lien reste ouvert 30 jours."
    )


def test_the_first_rule_reads_as_one_sentence_in_english() -> None:
    assert in_words(DRIVE, "en") == (
        "A customer with 2 orders in 2 months gets an email 2 days later, at 10:00, at most one every 2 months, "
        "as long as they ordered in the last 2 months. The link stays open for 30 days."
    )


RICH = Rule(
    "a",
    active=False,
    mode="recurring",
    min_orders=1,
    window_days=10,
    delay_days=1,
    send_time="18:30",
    send_days=("mon", "tue", "wed", "thu", "fri"),
    cooldown_days=45,
    idle_months=1,
    count_scope="store",
    sampling_rate=0.5,
    holdout_rate=0.025,
    cap_per_365d=4,
    segments=("vip", "famille"),
    regions=("nord",),
    reminder_after_days=7,
    experiment=EXPERIMENT,
)


def test_a_rule_with_everything_says_everything() -> None:
    assert plain(in_words(RICH, "fr")) == (
        "Règle arrêtée. Un client des segments vip ou famille de la région nord qui a passé une commande en 10 jours "
        "dans le même magasin reçoit un e-mail le lendemain, à 18 h 30 (du lundi au vendredi), "
        "puis un autre tous les 45 jours, 4 au plus en 365 jours, tant qu'il a commandé dans le dernier mois. "
        "Sans réponse, une relance part 7 jours après. Le lien reste ouvert 30 jours. "
        "50 % des occasions sont retenues. 2,5 % des clients ne sont jamais sollicités (groupe témoin). "
        "Expérience delai à partir du 01/09/2026 jusqu'au 01/12/2026 : d2 et d5."
    )
    assert in_words(RICH, "en") == (
        "This rule is off. A customer of segments vip or famille of region nord with one order in 10 days "
        "at the same store gets an email the day after, at 18:30 (Monday to Friday), "
        "then another every 45 days, 4 at most in 365 days, as long as they ordered in the last month. "
        "Without a response, a reminder goes 7 days later. The link stays open for 30 days. "
        "50% of the occasions are used. 2.5% of the customers are never asked (holdout group). "
        "Experiment delai from 2026-09-01 until 2026-12-01: d2 and d5."
    )


def test_a_rule_that_counts_from_ordering_says_so() -> None:
    assert "2 jours après la commande, à 10 h" in plain(in_words(replace(DRIVE, basis="ordered_at"), "fr"))
    assert "le lendemain de la commande" in plain(in_words(replace(DRIVE, basis="ordered_at", delay_days=1), "fr"))
    assert "2 days later, counted from ordering" in in_words(replace(DRIVE, basis="ordered_at"), "en")


def test_days_of_the_week_are_said_as_a_span_or_one_by_one() -> None:
    assert send_days_text(WEEK, "fr") == "tous les jours"
    assert send_days_text(("thu", "tue"), "fr") == "le mardi et le jeudi"
    assert send_days_text(("sat", "fri", "thu"), "en") == "Thursday to Saturday"
    assert send_days_text(("sat", "mon", "thu"), "en") == "Monday, Thursday and Saturday"
    assert time_text("09:05", "fr") == "9 h 05"


def test_a_change_is_said_by_rule_and_key() -> None:
    old = RuleSet((replace(DRIVE, window_months=3), Rule("gone")))
    new = RuleSet((replace(DRIVE, active=False), Rule("new", min_orders=3)), GlobalRules(floor_days=45))
    assert [plain(line) for line in diff_rules(old, new, "fr")][:4] == [
        "toutes les règles : plancher entre deux e-mails 30 jours → 45 jours",
        "drive : active oui → non",
        "drive : fenêtre 3 mois → 2 mois",
        "gone : règle retirée",
    ]
    assert diff_rules(old, new, "en")[-1].startswith("new: rule added. A customer with 3 orders in 2 months")
    assert diff_rules(old, old, "fr") == []


def test_days_and_months_of_one_thing_are_one_item() -> None:
    old, new = RuleSet((DRIVE,)), RuleSet((replace(DRIVE, cooldown_days=60, cooldown_months=None),))
    assert diff_rules(old, new, "en") == ["drive: cool-down 2 months → 60 days"]


CHANGES: dict[str, object] = {
    "name": "Autre",
    "active": False,
    "mode": "recurring",
    "priority": 5,
    "min_orders": 3,
    "window_months": 3,
    "window_days": 61,
    "delay_days": 0,
    "send_time": "09:30",
    "allow_night": True,
    "send_days": ("mon", "thu"),
    "cooldown_months": 6,
    "cooldown_days": 61,
    "idle_months": 0,
    "basis": "ordered_at",
    "count_scope": "store",
    "sampling_rate": 0.25,
    "sampling_salt": "s2",
    "holdout_rate": 0.1,
    "cap_per_365d": 6,
    "max_late_days": 0,
    "consume_orders": True,
    "segments": ("vip",),
    "store_ids": ("S1", "S2"),
    "regions": ("nord",),
    "survey": "nps-stars",
    "email": "autre",
    "reminder_after_days": 7,
    "response_window_days": 14,
    "experiment": EXPERIMENT,
}


@pytest.mark.parametrize("key", [k for k in RULE_KEYS if k != "id"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_key_has_words_when_it_changes(key: str, language: str) -> None:
    changed = replace(DRIVE, **{key: CHANGES[key]})  # type: ignore[arg-type]
    [line] = diff_rules(RuleSet((DRIVE,)), RuleSet((changed,)), language)
    assert line.startswith("drive")
    assert " → " in line
    item = key.removesuffix("_months").removesuffix("_days") if key.startswith(("window", "cooldown")) else key
    assert ITEM_LABELS[item][0 if language == "fr" else 1] in line


def test_values_are_said_as_people_say_them() -> None:
    assert value_text("idle_months", 0, "fr") == "aucun"
    assert value_text("cap_per_365d", None, "en") == "none"
    assert value_text("regions", (), "fr") == "tous"
    assert value_text("reminder_after_days", 7, "fr") == "7 jours après"
    assert value_text("send_grace_minutes", 120, "en") == "120 minutes"
    assert value_text("experiment", EXPERIMENT, "fr").endswith("d2 × 1, d5 × 2 (delay_days = 5, send_days = mon)")
    assert item_label("unknown", "fr") == "unknown"


def test_an_export_says_its_version_and_reads_back_the_same() -> None:
    text = (Path(__file__).parents[2] / "rules.toml").read_text("utf-8")
    at = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
    exported = export_text(text, version=8, published_at=at, author="Ana\n[global]")
    assert exported.startswith(
        "# surveyor: version 8, published 2026-11-20T09:42:00+00:00 by Ana\\u000a[global]\n"
        "# surveyor : version 8, publiée le 2026-11-20T09:42:00+00:00 par Ana\\u000a[global]\n\n# Règles"
    )
    assert check_rules(exported.encode())[0] == check_rules(text.encode())[0]
    assert without_header(exported) == text
    assert export_text(exported, version=9, published_at=at, author="B").count("# surveyor") == 2


def test_a_text_diff_shows_lines_around_and_nothing_when_equal() -> None:
    assert text_diff("a\nb\n", "a\nc") == "--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    assert text_diff("a", "a") == ""


@pytest.mark.parametrize("rule", [DRIVE, RICH, Rule("x", cooldown_days=3)], ids=lambda r: r.id)
def test_a_snapshot_gives_the_same_rule_back(rule: Rule) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(rule)))) == rule


def test_a_snapshot_with_a_key_that_no_rule_has_is_a_defect() -> None:
    with pytest.raises(TypeError):
        from_plain({"id": "a", "dealy_days": 1})
    assert globals_from_plain({"floor_days": 7}) == GlobalRules(7)


def test_an_arm_lays_its_keys_over_the_rule() -> None:
    d2, d5 = EXPERIMENT.arms
    rule = replace(DRIVE, experiment=EXPERIMENT)
    assert rule.with_arm(None) is rule
    assert rule.with_arm(d2) == DRIVE
    assert rule.with_arm(d5) == replace(DRIVE, delay_days=5, send_days=("mon",))
    assert DRIVE.with_arm(Arm("w", 1, {"window_days": 9})).window_months is None
    assert Rule("a", cooldown_days=9).with_arm(Arm("m", 1, {"cooldown_months": 4})).cooldown_days is None


def test_an_experiment_runs_from_its_first_day_to_its_last() -> None:
    assert EXPERIMENT.covers(date(2026, 9, 1))
    assert EXPERIMENT.covers(date(2026, 12, 1))
    assert not EXPERIMENT.covers(date(2026, 8, 31))
    assert not EXPERIMENT.covers(date(2026, 12, 2))
    assert Experiment("always").covers(date(1999, 1, 1))


def test_active_rules_decide_by_priority_then_id_and_none_when_stopped() -> None:
    rules = (Rule("b"), Rule("a"), Rule("c", priority=1), Rule("d", active=False))
    assert [r.id for r in RuleSet(rules).active()] == ["c", "a", "b"]
    assert RuleSet(rules, GlobalRules(stop_all=True)).active() == ()
    assert RuleSet(rules).get("d") == rules[3]
    assert RuleSet(rules).get("z") is None

"""What the check says of one mistake at a time, and that it says nothing of what is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surveyor.core.rules import KnownNames, Problem, check_rules, parse_rules
from surveyor.core.rules.keys import RULE_TABLE_KEYS
from surveyor.core.rules.rule import ARM_KEYS, RULE_KEYS

ROOT = Path(__file__).parents[2]
HEAD = '[[rule]]\nid = "a"\n'


def check(text: str, known: KnownNames | None = None) -> list[Problem]:
    return check_rules(text.encode(), known=known)[1]


def only(text: str) -> Problem:
    [problem] = check(text)
    return problem


def codes(text: str) -> list[tuple[str, str | None]]:
    return [(p.code, p.key) for p in check(text)]


def test_the_rules_that_come_with_the_product_have_no_error_and_no_warning() -> None:
    rules, problems = check_rules((ROOT / "rules.toml").read_bytes())
    assert problems == []
    assert rules is not None
    [drive] = rules.active()
    assert (drive.min_orders, drive.window_months, drive.delay_days, drive.send_time) == (2, 2, 2, "10:00")
    assert (drive.cooldown_months, drive.idle_months, drive.response_window_days) == (2, 2, 30)
    assert (drive.mode, drive.reminder_after_days) == ("order", 0)
    old = rules.get("drive-3-3-3")
    assert old is not None
    assert (old.active, old.min_orders, old.window_months, old.cooldown_months, old.idle_months) == (False, 3, 3, 3, 3)


def test_every_key_of_a_rule_is_known_to_the_check_and_none_other() -> None:
    assert set(RULE_KEYS) == set(RULE_TABLE_KEYS)
    assert set(ARM_KEYS) < set(RULE_KEYS)


@pytest.mark.parametrize(
    ("line", "code", "key"),
    [
        ("min_orders = 51", "range", "min_orders"),
        ("window_months = 0", "range", "window_months"),
        ("window_days = 731", "range", "window_days"),
        ("priority = 0", "range", "priority"),
        ("holdout_rate = 0.51", "range", "holdout_rate"),
        ("max_late_days = 31", "range", "max_late_days"),
        ("response_window_days = 6", "range", "response_window_days"),
        ("reminder_after_days = 22", "range", "reminder_after_days"),
        ('name = ""', "range", "name"),
        (f'name = "{"x" * 81}"', "range", "name"),
        (f'sampling_salt = "{"x" * 65}"', "range", "sampling_salt"),
        ('survey = ""', "range", "survey"),
        ('active = "yes"', "type", "active"),
        ("name = 3", "type", "name"),
        ("sampling_rate = true", "type", "sampling_rate"),
        ('sampling_rate = "1"', "type", "sampling_rate"),
        ('store_ids = "S1"', "type", "store_ids"),
        ('store_ids = ["S1", 2]', "type", "store_ids"),
        ("experiment = 3", "type", "experiment"),
        ('regions = ["nord", "nord"]', "duplicate", "regions"),
        ('send_time = "9:00"', "pattern", "send_time"),
        ('send_time = "20:01"', "night", "send_time"),
        ('basis = "paid_at"', "choice", "basis"),
        ('count_scope = "region"', "choice", "count_scope"),
        ('segments = ["a\\u202eb"]', "control_char", "segments"),
        ('name = "a\\tb"', "control_char", "name"),
        ('when = "score > 8"', "answer_condition", "when"),
        ('route = { if = { promoter = true } }', "answer_condition", "route"),
        ("colour = 1", "unknown_key", "colour"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_problem_on_its_line(line: str, code: str, key: str) -> None:
    problem = only(HEAD + line + "\n")
    assert (problem.level, problem.code, problem.key, problem.line, problem.rule) == ("error", code, key, 3, "a")


@pytest.mark.parametrize(
    ("lines", "code", "key"),
    [
        ("window_days = 1", "hard_to_reach", "min_orders"),
        ("min_orders = 50\nwindow_months = 1", "hard_to_reach", "min_orders"),
        ("sampling_rate = 0.0", "never_sends", "sampling_rate"),
        ("cooldown_days = 30", "reuses_orders", "cooldown_days"),
        ("window_months = 3", "reuses_orders", "cooldown_months"),
        ("holdout_rate = 0.21", "big_holdout", "holdout_rate"),
        ("delay_days = 0", "no_delay", "delay_days"),
    ],
)
def test_what_may_be_meant_is_a_warning(lines: str, code: str, key: str) -> None:
    problem = only(HEAD + lines + "\n")
    assert (problem.level, problem.code, problem.key) == ("warning", code, key)


@pytest.mark.parametrize(
    "lines",
    [
        "idle_months = 0\ndelay_days = 90",
        "delay_days = 55",
        "cooldown_days = 60",
        "window_days = 60",
        "window_days = 30\ncooldown_months = 1",
        "min_orders = 28\nwindow_months = 1\ncooldown_months = 1",
        "holdout_rate = 0.2",
        "cap_per_365d = 52",
        "reminder_after_days = 2",
        "cooldown_months = 1\nconsume_orders = true",
        'send_time = "23:00"\nallow_night = true',
        'segments = []\nstore_ids = ["Lille - Centre"]',
    ],
)
def test_what_is_right_is_not_spoken_of(lines: str) -> None:
    assert check(HEAD + lines + "\n") == []


def test_a_delay_and_a_lateness_of_zero_never_send() -> None:
    assert codes(HEAD + "delay_days = 0\nmax_late_days = 0\n") == [
        ("no_delay", "delay_days"),
        ("never_sends", "max_late_days"),
    ]


def test_a_reminder_goes_before_the_floor_as_well() -> None:
    problem = only("[global]\nfloor_days = 7\n" + HEAD + "reminder_after_days = 7\n")
    assert (problem.code, problem.line) == ("conflict", 5)
    assert "Expected less than 7" in problem.message_en


def test_a_cool_down_under_the_floor_says_which_one_wins() -> None:
    problem = only("[global]\nfloor_days = 90\n" + HEAD)
    assert (problem.code, problem.where) == ("under_floor", "a.cooldown_months (3:1)")


def test_an_experiment_says_what_each_arm_would_break() -> None:
    text = HEAD + (
        '[rule.experiment]\nname = "e"\nends = 2026-01-01\nstarts = 2026-02-01\n'
        '[[rule.experiment.arm]]\nname = "x"\nweight = 0\n'
        '[[rule.experiment.arm]]\nname = "x"\ndelay_days = 56\n'
        '[[rule.experiment.arm]]\nwindow_days = 5\nwindow_months = 1\n'
    )  # fmt: skip
    assert [(p.line, p.code, p.where.split(" ")[0]) for p in check(text)] == [
        (5, "conflict", "a.experiment.ends"),
        (9, "range", "a.experiment.arm[1].weight"),
        (11, "duplicate", "a.experiment.arm[2].name"),
        (12, "conflict", "a.experiment.arm[2].delay_days"),
        (13, "missing", "a.experiment.arm[3].name"),
        (14, "pick_one", "a.experiment.arm[3].window_days"),
    ]


def test_an_experiment_without_name_or_arm_says_both() -> None:
    assert codes(HEAD + "[rule.experiment]\n") == [("missing", "arm"), ("missing", "name")]


def test_an_arm_is_checked_as_the_rule_that_it_makes() -> None:
    arms = '[[rule.experiment.arm]]\nname = "x"\n[[rule.experiment.arm]]\nname = "y"\ncooldown_months = 1\n'
    problem = only(HEAD + '[rule.experiment]\nname = "e"\n' + arms)
    assert (problem.level, problem.code, problem.line) == ("warning", "reuses_orders", 9)


def test_what_a_rule_itself_breaks_is_not_said_again_of_its_arms() -> None:
    arms = '[[rule.experiment.arm]]\nname = "x"\n[[rule.experiment.arm]]\nname = "y"\nsend_time = "11:00"\n'
    assert codes(HEAD + 'delay_days = 60\n[rule.experiment]\nname = "e"\n' + arms) == [("conflict", "delay_days")]


@pytest.mark.parametrize(
    ("mapping", "where"),
    [
        (3, "rules"),
        ({"rule": 3}, "rule"),
        ({"rule": [3]}, "rule[1]"),
        ({"rule": [{"id": "a"}], "global": 3}, "global"),
        ({"rule": [{"id": "a", "experiment": {"name": "e", "arm": 3}}]}, "a.experiment.arm"),
        ({"rule": [{"id": "a", "experiment": {"name": "e", "arm": [3, {"name": "x"}]}}]}, "a.experiment.arm[1]"),
        ({"rule": [{"id": "a", "mode": {"x": 1}}]}, "a.mode"),
        ({"rule": [{"id": "a", "mode": [1]}]}, "a.mode"),
        ({"rule": [{"id": "a", "mode": None}]}, "a.mode"),
    ],
)
def test_another_shape_is_a_wrong_type(mapping: object, where: str) -> None:
    rules, [problem] = parse_rules(mapping)
    assert rules is None
    assert (problem.code, problem.where) == ("type", where)


def test_over_500_rules_of_a_form_only_that_is_said() -> None:
    _, [problem] = parse_rules({"rule": [{}] * 600})
    assert problem.code == "too_many_rules"


def test_months_and_days_of_a_form_are_refused_together() -> None:
    _, [problem] = parse_rules({"rule": [{"id": "a", "window_months": 2, "window_days": 60}]})
    assert problem.message_en == "window_months, window_days: keep one or the other, not both."


def test_an_inline_rule_has_its_lines_too() -> None:
    text = 'rule = [\n  { id = "a" },\n  { id = "b", priority = 5, dealy_days = 1 },\n]\n'
    problem = only(text)
    assert (problem.code, problem.where, problem.suggestion) == ("unknown_key", "b.dealy_days (3:29)", "delay_days")


def test_dotted_quoted_and_indented_keys_have_their_lines() -> None:
    text = 'global.floor_days = 1\n[[rule]]\n  "id" = "a"\n\n  "mini\\u006Dum" = 2\n\'odd key\' = 1\n'
    assert [(p.code, p.where) for p in check(text)] == [
        ("range", "global.floor_days (1:1)"),
        ("unknown_key", "a.minimum (5:3)"),
        ("unknown_key", "a.odd key (6:1)"),
    ]


def test_texts_over_several_lines_do_not_shift_the_lines_after() -> None:
    text = HEAD + 'name = """\\\n  "Drive" \\\n  [[rule]]"""\nsend_days = [ # jours\n  "mon",\n  "tue", # ]\n]\nx = 1\n'
    problem = only(text)
    assert (problem.code, problem.line) == ("unknown_key", 10)


def test_windows_line_ends_count_as_one() -> None:
    assert only(HEAD.replace("\n", "\r\n") + "x = 1\r\n").where == "a.x (3:1)"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("active = yes", "write true"),
        ("active = non", "write false"),
        ("cap_per_365d = null", "TOML has no null"),
        ("sampling_rate = 0,5", "write 0.5"),
        ("min_orders = 02", "write 2"),
        ('name = “Drive”', "write straight ones"),
        ("mode = order", 'write "order"'),
        ("send_time = 9h30", 'write "09:30"'),
        ('send_days = ["mon", tue]', 'write "tue"'),
        ("min_orders =", "a value is missing"),
        ("min_orders", 'expected "="'),
        ("min_orders: 2", "YAML"),
        ('name = "Drive', "unclosed quote"),
        ("name = '''Drive", "unclosed quote"),
        ('send_days = ["mon", ', "unclosed bracket"),
        ("[rule.experiment", "unclosed bracket"),
        (f"min_orders = {'9' * 5000}", "an integer too long"),
        ("starts = 2026-13-45", "this is not TOML"),
        ("name = 3 4", "this is not TOML"),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_told_what_to_write(line: str, said: str) -> None:
    problem = only(HEAD + line + "\n")
    assert problem.code == "syntax"
    assert problem.line == 3
    assert said in problem.message_en
    assert problem.message_en.endswith("The active version is unchanged.")
    assert problem.message_fr.endswith("La version active ne change pas.")


def test_keys_given_twice_are_all_said_and_a_fault_after_them_too() -> None:
    text = HEAD + 'id = "b"\nmode = "order"\nmode = "order"\nactive = True\n'
    assert [(p.code, p.line) for p in check(text)] == [("duplicate_key", 3), ("duplicate_key", 5)]


def test_names_are_looked_up_only_when_there_is_something_to_look_in() -> None:
    text = HEAD + 'store_ids = ["S9"]\nregions = ["ouest"]\nsegments = ["vip"]\nsurvey = "x"\nemail = "y"\n'
    assert check(text) == []
    assert check(text, KnownNames()) == []
    assert [p.key for p in check(text, KnownNames(surveys=frozenset({"nps"})))] == ["survey"]
    asked = check(text, KnownNames(stores=frozenset({"S1"}), emails=frozenset({"y"})))
    assert [p.key for p in asked] == ["store_ids", "regions", "segments"]


def test_a_mapping_without_text_has_problems_without_lines() -> None:
    _, problems = parse_rules({"rule": [{"id": "a", "delay_days": "2 jours"}, {"id": "a", "priority": 3}]})
    assert [(p.where, p.line) for p in problems] == [("a.delay_days", None), ("a.id", None)]
    assert problems[0].message_en == "a.delay_days: expected an integer (days), found a string."
    assert problems[1].message_en == "Two rules have the id a (rules 1 and 2)."


def test_a_problem_is_one_line_or_one_object() -> None:
    problem = only(HEAD + "dealy_days = 2\n")
    assert problem.as_line("rules.toml") == (
        "rules.toml:3: error unknown_key: a.dealy_days (3:1): unknown key. Did you mean delay_days?"
    )
    assert json.loads(json.dumps(problem.to_json())) == {
        "level": "error",
        "code": "unknown_key",
        "where": "a.dealy_days (3:1)",
        "line": 3,
        "rule": "a",
        "key": "dealy_days",
        "message": "a.dealy_days (3:1): unknown key. Did you mean delay_days?",
        "suggestion": "delay_days",
    }
    assert problem.to_json("fr")["message"] == "a.dealy_days (3:1)\u00a0: clé inconnue. Vouliez-vous delay_days\u00a0?"


def test_over_500_rules_only_that_is_said() -> None:
    problem = only("".join(f'[[rule]]\nid = "r{i}"\nx = 1\n' for i in range(501)))
    assert (problem.code, problem.line, problem.message_en) == ("too_many_rules", 1501, "501 rules: at most 500.")


def test_500_rules_are_fine() -> None:
    rules, problems = check_rules("".join(f'[[rule]]\nid = "r{i}"\npriority = {i + 1}\n' for i in range(500)).encode())
    assert problems == []
    assert rules is not None
    assert len(rules.active()) == 500


def test_a_little_over_one_mebibyte_is_said_as_such() -> None:
    assert only("#" * (1024 * 1024 + 1)).message_en == "1.1 MiB: at most 1 MiB."

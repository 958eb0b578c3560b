"""No text and no mapping, however hostile, makes the check raise, hang or repeat much of what it was given."""

from __future__ import annotations

import json
import time
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyor.core.rules import KnownNames, Problem, RuleSet, check_rules, from_plain, parse_rules, to_plain
from surveyor.core.rules.keys import ARM_TABLE_KEYS, EXPERIMENT_KEYS, GLOBAL_KEYS, RULE_TABLE_KEYS

GOOD = """\
format = 1
[global]
floor_days = 30
[[rule]]
id = "drive"
name = "Après la 2e commande"
min_orders = 2
window_months = 2
send_time = "10:00"
send_days = ["mon", "tue"]
sampling_rate = 0.5
store_ids = ["S1"]
[rule.experiment]
name = "delai"
starts = 2026-09-01
[[rule.experiment.arm]]
name = "d2"
[[rule.experiment.arm]]
name = "d5"
delay_days = 5
"""
# A machine under load is slow: what must be quick is timed below, on purpose.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KNOWN = KnownNames(stores=frozenset({"S1", "S2"}), surveys=frozenset({"nps"}))


def well_said(outcome: tuple[RuleSet | None, list[Problem]]) -> None:
    rules, problems = outcome
    assert (rules is None) == any(p.level == "error" for p in problems)
    for problem in problems:
        assert problem.message_en
        assert problem.message_fr
        assert len(problem.message_en) < 700
        json.dumps(problem.to_json("fr")).encode()
        problem.as_line("rules.toml").encode()
    for rule in rules.rules if rules else ():
        assert from_plain(json.loads(json.dumps(to_plain(rule)))) == rule


@settings(PATIENT)
@given(st.binary())
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    well_said(check_rules(raw))


@settings(PATIENT)
@given(st.text(alphabet=st.sampled_from('ab=[]{}"\'\\\n\r\t #.,:-_0129"""é\u202e\x00'), max_size=80))
def test_any_text_made_of_the_signs_of_toml_gets_an_answer(text: str) -> None:
    well_said(check_rules(text.encode()))


@settings(PATIENT, max_examples=150)
@given(st.data())
def test_a_good_file_with_pieces_moved_gets_an_answer(data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.text(max_size=6) | st.sampled_from(LINES)) + text[end:]
    well_said(check_rules(text.encode("utf-8", "replace"), known=KNOWN))


LINES = [
    "\n[[rule]]\n",
    "\n[rule]\n",
    '\nid = "a"\n',
    "= 1",
    " = [[",
    '"',
    "'''",
    "\ndelay_days = 99\n",
    "\nscore = 1\n",
]

names = st.sampled_from([*RULE_TABLE_KEYS, *GLOBAL_KEYS, *EXPERIMENT_KEYS, *ARM_TABLE_KEYS, "rule", "global", "format"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.just(5000).map(lambda digits: 10**digits)  # Python refuses to write it out
    | st.dates()
    | st.datetimes()
    | st.sampled_from([2, "10:00", "drive", "order", "recurring", 0, 1, "03:00", [], ["mon"], ["mon", "mon"]])
)
lists = st.lists(scalars, max_size=3)
tables = st.dictionaries(names | st.text(max_size=8), scalars | lists, max_size=4)
deep = st.just("deep").map(lambda _: nested(40))
values = scalars | lists | tables | st.lists(tables, max_size=3) | deep


def nested(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = {"experiment": value} if level % 2 else [value]
    return value


@settings(PATIENT, max_examples=50)
@given(st.dictionaries(names | st.text(max_size=6) | st.integers(), values, max_size=5) | values)
def test_any_mapping_gets_an_answer(mapping: Any) -> None:
    well_said(parse_rules(mapping, known=KNOWN))


rule_tables = st.dictionaries(names, values, max_size=8).map(lambda d: {"id": "a", **d})


@settings(PATIENT, max_examples=50)
@given(st.lists(rule_tables, max_size=4))
def test_any_rule_gets_an_answer(tables: list[dict[str, Any]]) -> None:
    well_said(parse_rules({"rule": tables}, known=KNOWN))


MONSTERS = {
    "one key 260,000 times": "a=1\n" * 262_000,
    "100,000 keys": "".join(f"k{i}=1\n" for i in range(100_000)),
    "90,000 misspelt keys": "[[rule]]\n" + "".join(f"delay_day{i}=1\n" for i in range(60_000)),
    "a hundred thousand unknown stores": '[[rule]]\nid="a"\nstore_ids=['
    + ",".join(f'"z{i}"' for i in range(90_000))
    + "]",
    "a name of 500,000 dots": "a" + ".a" * 500_000 + "=1",
    "a header of 500,000 dots": "[" + "a." * 500_000 + "a]",
    "an inline name of 500,000 dots": "a={a" + ".a" * 500_000 + "=1}",
    "a million brackets": "a=" + "[" * 1_000_000,
    "a million braces": "a=" + "{a=" * 300_000,
    "a million quotes": '"' * 1_000_000,
    "an integer of a million digits": "a=" + "9" * 1_000_000,
    "an integer of a million hexadecimal digits": '[[rule]]\nid="a"\nmin_orders=0x' + "f" * 1_000_000,
    "a text that never ends": 'a="""' + "x\n" * 400_000,
    "a name of a million characters": '[[rule]]\nid="' + "a" * 1_000_000 + '"',
    "a key of a million characters": "[[rule]]\n" + "a" * 1_000_000 + "=1",
    "500 rules, each wrong": '[[rule]]\nid="a"\nmode="x"\nmin_orders=true\nstore_ids=[1]\n' * 500,
}


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_answered_in_seconds(name: str) -> None:
    begun = time.process_time()
    rules, problems = check_rules(MONSTERS[name][: 2**20].encode(), known=KNOWN)
    assert time.process_time() - begun < 10
    assert rules is None
    assert 1 <= len(problems) <= 1001
    assert all(len(p.message_en) < 700 for p in problems)


def test_past_a_thousand_problems_the_rest_is_counted() -> None:
    text = "[[rule]]\n" + "".join(f"x{i} = 1\n" for i in range(1500))
    _, problems = check_rules(text.encode())
    assert len(problems) == 1001
    assert problems[-1].code == "too_many_problems"
    assert problems[-1].message_en == "501 more problems are not shown."


def test_dates_are_dates_and_nothing_else() -> None:
    arms = [{"name": "a"}, {"name": "b"}]
    good = parse_rules({"rule": [{"id": "a", "experiment": {"name": "e", "starts": date(2026, 1, 1), "arm": arms}}]})
    assert good[0] is not None
    bad = {"rule": [{"id": "a", "experiment": {"name": "e", "starts": datetime(2026, 1, 1), "arm": arms}}]}
    assert [p.code for p in parse_rules(bad)[1]] == ["type"]

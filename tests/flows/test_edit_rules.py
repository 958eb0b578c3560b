"""A draft of the rules: changed by form and by text, measured over real orders, published; comments survive."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from surveyor.core.rules import check_rules
from surveyor.db import rule_drafts, rules
from surveyor.db.tables.rules import KeptReplay
from surveyor.errors import NotFound, Refused
from surveyor.flows import edit_rules
from surveyor.flows.edit_rules import Confirmed, document
from surveyor.flows.publish_rules import Draft, publish_first, publish_rules
from tests.flows.orders import PARIS, at, event, record

SHIPPED = (Path(__file__).parents[2] / "rules.toml").read_text(encoding="utf-8")
NOW = at("2026-03-01T12:00")
ANA, BEN = "ana", "ben"


def say(why: str = "moins souvent", **more: Any) -> Confirmed:
    return Confirmed(ANA, "Ana", why, **more)


@pytest.fixture
def published(sessions: Any) -> Any:
    publish_first(sessions, SHIPPED, now=at("2026-01-01T00:00"))
    return sessions


def draft(sessions: Any, author: str = ANA) -> rule_drafts.Draft:
    with sessions() as session:
        found = rule_drafts.find(session, author)
    assert found is not None
    return found


def test_a_form_changes_its_keys_and_keeps_every_comment() -> None:
    changed = document.change_rule(SHIPPED, 0, {"min_orders": "3", "window_months": "", "window_days": "90"})
    rule = tomllib.loads(changed)["rule"][0]
    assert (rule["min_orders"], rule["window_days"]) == (3, 90)
    assert "window_months" not in rule
    assert [line for line in SHIPPED.splitlines() if line.startswith("#")] == [
        line for line in changed.splitlines() if line.startswith("#")
    ]
    assert changed.splitlines().index("min_orders = 3") == SHIPPED.splitlines().index("min_orders = 2")


def test_a_form_sent_as_it_was_shown_changes_nothing() -> None:
    shown = {"min_orders": "2", "window_months": "2", "window_days": "", "delay_days": "2", "send_time": "10:00"}
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    same = document.change_rule(SHIPPED, 0, {**shown, "send_days": days, "sampling_rate": "1.0", "segments": ""})
    before, after = (check_rules(text.encode())[0] for text in (SHIPPED, same))
    assert before == after


def test_what_is_no_value_is_kept_and_said_at_its_line() -> None:
    text = document.change_rule(SHIPPED, 0, {"delay_days": "deux"})
    found, problems = check_rules(text.encode())
    assert found is None
    assert [(one.code, one.rule, one.key) for one in problems] == [("type", "drive", "delay_days")]
    assert (
        problems[0].line == text.splitlines().index('delay_days = "deux"' + text.split('"deux"')[1].splitlines()[0]) + 1
    )


def test_what_holds_above_every_rule_may_be_given_for_the_first_time() -> None:
    bare = 'format = 1\n\n[[rule]]\nid = "a"\n'
    found, problems = check_rules(document.change_global(bare, {"floor_days": "45"}).encode())
    assert problems == []
    assert found is not None
    assert found.globals.floor_days == 45


def test_a_rule_is_added_inactive_under_a_free_name_and_taken_away_again() -> None:
    more = document.add_rule(SHIPPED, document.free_id(SHIPPED))
    found = check_rules(more.encode())[0]
    assert found is not None
    assert [(rule.id, rule.active) for rule in found.rules][-1] == ("regle-1", False)
    assert check_rules(document.remove_rule(more, 2).encode())[0] == check_rules(SHIPPED.encode())[0]


@given(st.sampled_from(["min_orders", "send_time", "segments", "sampling_rate", "mode", "name"]), st.text(max_size=40))
def test_whatever_is_typed_the_text_stays_readable_and_the_check_decides(key: str, typed: str) -> None:
    text = document.change_rule(SHIPPED, 0, {key: typed})
    assert len(document.rules_of(text)) == 2
    check_rules(text.encode())


def test_a_draft_belongs_to_its_author(published: Any) -> None:
    edit_rules.open_draft(published, ANA, now=NOW)
    edit_rules.open_draft(published, BEN, now=NOW)
    edit_rules.save_text(published, ANA, "broken = ", now=NOW)
    assert draft(published).text == "broken = "
    assert draft(published, BEN).text == SHIPPED
    edit_rules.discard_draft(published, ANA)
    with pytest.raises(NotFound):
        edit_rules.save_text(published, ANA, SHIPPED, now=NOW)


def test_a_text_with_errors_is_kept_and_cannot_be_published(published: Any) -> None:
    edit_rules.open_draft(published, ANA, now=NOW)
    edit_rules.save_text(published, ANA, SHIPPED.replace("min_orders = 2", "min_orders = 99"), now=NOW)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS) is False
    with pytest.raises(Refused) as refused:
        edit_rules.publish_draft(published, say(), now=NOW, defaults=PARIS)
    assert refused.value.complaints[0].code == "range"


def test_only_what_was_measured_is_published_and_a_change_after_it_asks_again(published: Any) -> None:
    for n in range(6):
        record(published, event(f"a{n}", f"c{n}", at("2026-01-05T17:00")), now=at("2026-01-05T17:00"))
        record(published, event(f"b{n}", f"c{n}", at("2026-01-19T17:00")), now=at("2026-01-19T17:00"))
    edit_rules.open_draft(published, ANA, now=NOW)
    edit_rules.change_draft(published, ANA, lambda text: document.change_rule(text, 0, {"min_orders": "1"}), now=NOW)
    with pytest.raises(Refused) as refused:
        edit_rules.publish_draft(published, say(), now=NOW, defaults=PARIS)
    assert refused.value.complaints[0].code == "rules_not_measured"
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    said = draft(published).measured
    assert (said["emails"], said["against"]["emails"]) == (6, 6)
    assert said["orders"] == 12
    assert said["expected"] is None
    edit_rules.change_draft(published, ANA, lambda text: document.change_rule(text, 0, {"delay_days": "3"}), now=NOW)
    with pytest.raises(Refused):
        edit_rules.publish_draft(published, say(), now=NOW, defaults=PARIS)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    done = edit_rules.publish_draft(published, say(), now=NOW, defaults=PARIS)
    assert (done.version.number, done.version.author, done.version.why) == (2, "Ana", "moins souvent")
    with published() as session:
        assert rule_drafts.find(session, ANA) is None


def test_somebody_else_published_meanwhile(published: Any) -> None:
    edit_rules.open_draft(published, ANA, now=NOW)
    edit_rules.change_draft(published, ANA, lambda text: document.change_rule(text, 0, {"delay_days": "3"}), now=NOW)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    other = Draft(SHIPPED.replace("delay_days = 2", "delay_days = 4", 1), "Ben", "autre", accept_warnings=True)
    publish_rules(published, other, now=NOW, defaults=PARIS)
    with pytest.raises(Refused) as refused:
        edit_rules.publish_draft(published, say(), now=NOW, defaults=PARIS)
    assert refused.value.complaints[0].code == "rules_version_conflict"
    edit_rules.carry_over(published, ANA, now=NOW)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    assert edit_rules.publish_draft(published, say(), now=NOW, defaults=PARIS).version.number == 3


def test_an_old_version_comes_back_through_a_draft(published: Any) -> None:
    other = Draft(SHIPPED.replace("delay_days = 2", "delay_days = 4", 1), "Ben", "autre", accept_warnings=True)
    publish_rules(published, other, now=NOW, defaults=PARIS)
    edit_rules.open_draft(published, ANA, now=NOW, number=1)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    edit_rules.publish_draft(published, say("retour"), now=NOW, defaults=PARIS)
    with published() as session:
        found = rules.versions(session)
    assert [one.number for one in found] == [3, 2, 1]
    assert found[0].text == found[2].text


def test_a_second_replay_of_one_draft_waits_for_the_first(published: Any) -> None:
    edit_rules.open_draft(published, ANA, now=NOW)
    with published.begin() as session:
        rule_drafts.mark_measuring(session, ANA, NOW)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS) is False
    later = at("2026-03-01T12:20")
    assert edit_rules.measure_draft(published, ANA, now=later, defaults=PARIS) is True


def kept(sessions: Any) -> list[KeptReplay]:
    with sessions() as session:
        return list(session.scalars(select(KeptReplay).order_by(KeptReplay.kept_at)))


def ordered(sessions: Any, customer: str) -> None:
    for name, day in (("a", "2026-01-05T17:00"), ("b", "2026-01-19T17:00")):
        record(sessions, event(f"{name}{customer}", customer, at(day)), now=at(day))


def test_the_second_look_at_a_text_is_what_was_kept_until_an_order_comes(published: Any) -> None:
    ordered(published, "c1")
    edit_rules.open_draft(published, ANA, now=NOW)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    first = draft(published).measured
    (one,) = kept(published)
    with published.begin() as session:  # a mark by which what was kept is known again
        session.execute(update(KeptReplay).values(body={**one.body, "emails": 1234}))
    edit_rules.change_draft(published, ANA, lambda text: document.change_rule(text, 0, {"delay_days": "3"}), now=NOW)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    assert draft(published).measured["emails"] == 1
    edit_rules.change_draft(published, ANA, lambda text: document.change_rule(text, 0, {"delay_days": "2"}), now=NOW)
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    assert draft(published).measured == {**first, "emails": 1234}
    ordered(published, "c2")
    assert edit_rules.measure_draft(published, ANA, now=NOW, defaults=PARIS)
    assert draft(published).measured["emails"] == 2
    assert len(kept(published)) == 1


def test_another_day_another_answer(published: Any) -> None:
    ordered(published, "c1")
    edit_rules.open_draft(published, ANA, now=NOW)
    for n in (0, 1):
        assert edit_rules.measure_draft(published, ANA, now=NOW + timedelta(days=n), defaults=PARIS)
    assert len(kept(published)) == 2


def test_a_draft_without_figures_because_two_ways_disagree_is_not_published(published: Any) -> None:
    edit_rules.open_draft(published, ANA, now=NOW)
    found = draft(published)
    with published.begin() as session:
        rule_drafts.keep_measure(session, found, {"differs": "emails by columns and by decide differ"})
    assert draft(published).differs == "emails by columns and by decide differ"
    with pytest.raises(Refused) as refused:
        edit_rules.publish_draft(published, say(), now=NOW, defaults=PARIS)
    assert refused.value.complaints[0].code == "rules_not_measured"


@pytest.mark.parametrize(
    ("written", "months", "days", "found"),
    [
        ("window_days = 3", "2", "3", {"window_months": 2}),
        ("window_days = 3", "2", "x", {"window_days": "x"}),
        ("window_days = 3", "2", "-1", {"window_days": -1}),
        ("window_months = 3", "3", "10", {"window_days": 10}),
        ("window_months = 3", "4", "10", {"window_months": 4, "window_days": 10}),
        ("window_months = 3", "", "10", {"window_days": 10}),
        ("", "2", "10", {"window_days": 10}),
        ("", "4", "10", {"window_months": 4, "window_days": 10}),
        ("window_months = 3\nwindow_days = 9", "3", "9", {"window_months": 3, "window_days": 9}),
        ("window_months = 3\nwindow_days = 9", "", "9", {"window_days": 9}),
    ],
)
def test_of_months_and_days_what_was_changed_counts_and_two_changes_are_both_kept_to_be_checked(
    written: str, months: str, days: str, found: dict[str, Any]
) -> None:
    text = f'[[rule]]\nid = "a"\n{written}\n'
    for order in (("window_months", "window_days"), ("window_days", "window_months")):
        typed = {"window_months": months, "window_days": days}
        changed = document.change_rule(text, 0, {name: typed[name] for name in order})
        assert document.rules_of(changed)[0] == {"id": "a", **found}


def test_a_text_that_writes_its_rules_as_one_table_is_edited_as_text_alone() -> None:
    with pytest.raises(document.Unreadable):
        document.rules_of('[rule]\nid = "a"\n')
    assert document.rules_of("format = 1\n") == []


def test_what_an_arm_leaves_empty_is_not_written() -> None:
    head = {"name": "later", "starts": date(2026, 9, 1), "ends": date(2026, 9, 30)}
    arms = [{"name": "as-is", "delay_days": ""}, {"name": "later", "delay_days": "5"}]
    changed = document.set_experiment('[[rule]]\nid = "a"\n', 0, head, arms)
    assert document.rules_of(changed)[0]["experiment"]["arm"] == [
        {"name": "as-is"},
        {"name": "later", "delay_days": 5},
    ]

"""Experiments in the life of the line: each customer lives one arm, from the decision to the email and the counts."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.draws import arm_of, holdout_draw
from surveyor.core.experiments import Finding, Stage
from surveyor.core.rules import check_rules
from surveyor.core.scope import NETWORK
from surveyor.db.alerts import open_alerts
from surveyor.db.responses import survey_of
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.errors import Refused
from surveyor.flows.edit_rules import document
from surveyor.flows.explain_decisions import Asking, explain_decisions
from surveyor.flows.explain_decisions.plain import story_to_json
from surveyor.flows.find_experiments import declared_experiments, find_experiment
from surveyor.flows.manage_users import HOST
from surveyor.flows.measure_holdout import measure_holdout
from surveyor.flows.plan_experiment import plan_experiment
from surveyor.flows.unsubscribe import Choice
from surveyor.flows.watch_experiments import watch_experiments
from surveyor.mail.published import load_folder
from surveyor.shipped import shipped
from tests.flows.line import answer, choose, install, send, sent_to
from tests.flows.orders import KEYS, at, event, record, use_rules

pytestmark = pytest.mark.postgres
RULES = """[[rule]]
id = "std"
min_orders = 1
"""
EXPERIMENT = """
[rule.experiment]
name = "later"
starts = 2026-09-01
ends = 2026-09-30

[[rule.experiment.arm]]
name = "as-is"

[[rule.experiment.arm]]
name = "later"
delay_days = 5
send_time = "14:30"
survey = "nps-words-first"
email = "invitation-short"
"""
DAY = at("2026-09-10T08:00")
CUSTOMERS = [f"c{n}" for n in range(40)]


def lived(customer: str) -> str:
    """The arm of a customer, by the hash alone."""
    rules, _ = check_rules((RULES + EXPERIMENT).encode())
    assert rules is not None
    arm = arm_of(rules.rules[0], customer, DAY.date().toordinal())
    assert arm is not None
    return arm.name


@pytest.fixture
def line(sessions: Any) -> Any:
    """Forty customers with one order inside the dates of the experiment."""
    install(sessions, RULES)
    use_rules(sessions, RULES + EXPERIMENT, now=at("2026-08-20T09:00"))
    events = [event(f"o-{one}", one, DAY) for one in CUSTOMERS]
    record(sessions, *events, now=DAY)
    return sessions


def test_every_key_of_an_arm_reaches_the_email(line: Any) -> None:
    with line() as session:
        rows = list(session.scalars(select(Invitation)))
        arms = {row.order_id.removeprefix("o-"): row for row in rows}
        assert {customer: row.arm for customer, row in arms.items()} == {one: lived(one) for one in CUSTOMERS}
        assert min(Counter(row.arm for row in rows).values()) >= 10
        for row in rows:
            later = row.arm == "later"
            assert row.due_on == date(2026, 9, 15 if later else 12)
            assert row.due_at == at("2026-09-15T12:30" if later else "2026-09-12T08:00")
            assert row.survey == ("nps-words-first" if later else "nps")
        assert {row.arm for row in session.scalars(select(DecisionRow))} == {"as-is", "later"}


def test_the_email_that_is_built_is_that_of_the_arm(line: Any) -> None:
    from surveyor.flows.compose_email import Composer

    texts = load_folder(shipped("emails"))
    made = Composer(texts, KEYS, "https://avis.example", "A <a@example.fr>", lambda: DAY)
    sent = send(line, at("2026-09-12T08:01"), built=made)
    assert {message.subject for message in sent.accepted} == {"Votre avis sur votre commande du 10 septembre 2026"}
    later = send(line, at("2026-09-15T12:31"), built=made)
    assert {message.subject for message in later.accepted} == {"Une question sur votre commande du 10 septembre 2026"}
    assert len(sent.accepted) + len(later.accepted) == len(CUSTOMERS)


def test_who_is_in_which_arm_does_not_move_when_the_rule_is_published_again(line: Any) -> None:
    use_rules(line, RULES + EXPERIMENT + '\n[[rule]]\nid = "other"\nactive = false\n', now=at("2026-09-12T09:00"))
    again = at("2026-09-20T08:00")
    fresh = [f"d{n}" for n in range(20)]
    record(line, *[event(f"o-{one}", one, again) for one in fresh], now=again)
    with line() as session:
        rows = session.scalars(select(DecisionRow).where(DecisionRow.rule_version == 3))
        assert {row.order_id.removeprefix("o-"): row.arm for row in rows} == {one: lived(one) for one in fresh}
        (declared,) = declared_experiments(session)
        assert declared.versions == (2, 3)


def test_explain_and_the_proof_know_the_arm(line: Any) -> None:
    customer = next(one for one in CUSTOMERS if lived(one) == "later")
    story = explain_decisions(line, customer, Asking((NETWORK,), "fr", KEYS))
    assert story is not None
    assert [one["arm"] for one in story_to_json(story)["decisions"]] == ["later"]


def outcome(line: Any, *, flee: int = 0, keep: bool = True) -> None:
    """Everybody gets their email; half of `later` answer and one in ten of the others; some of `later` leave."""
    send(line, at("2026-09-12T08:01"))
    send(line, at("2026-09-15T12:31"))
    with line.begin() as session:
        session.execute(update(Email).values(delivery="delivered", delivery_rank=30))
    asked = sorted(sent_to(line).values(), key=lambda pair: pair[0].order_id)
    turn: Counter[str] = Counter()
    for invitation, email in asked:
        turn[invitation.arm] += 1
        if invitation.arm == "later" and turn["later"] <= flee:
            choose(line, email, Choice.STOP, now=at("2026-09-16T09:00"))
        elif turn[invitation.arm] % (2 if invitation.arm == "later" else 10) == 0:
            answer(line, invitation, 9, now=at("2026-09-16T10:00"))


def test_arms_are_counted_and_nothing_is_concluded_before_the_end(line: Any) -> None:
    outcome(line, flee=2)
    found = find_experiment(line, "std", "later", today=date(2026, 9, 20))
    assert found is not None
    assert found.stage is Stage.RUNNING
    by_name = {arm.name: arm for arm in found.arms}
    sizes = Counter(lived(one) for one in CUSTOMERS)
    assert {name: arm.delivered for name, arm in by_name.items()} == dict(sizes)
    assert by_name["later"].unsubscribed == 2
    assert by_name["as-is"].unsubscribed == 0
    assert by_name["later"].responded == by_name["later"].promoters == sizes["later"] // 2 - 1
    assert [one.finding for one in found.comparisons] == [Finding.NONE_YET]
    late = find_experiment(line, "std", "later", today=date(2026, 10, 1))
    assert late is not None
    assert [one.finding for one in late.comparisons] == [Finding.PROVISIONAL]
    over = find_experiment(line, "std", "later", today=date(2026, 12, 1))
    assert over is not None
    assert over.stage is Stage.OVER
    assert over.comparisons[0].finding in (Finding.TOO_FEW, Finding.MORE, Finding.UNDECIDED)
    assert find_experiment(line, "std", "nothing", today=date(2026, 12, 1)) is None


def test_a_change_of_arms_under_way_stops_it_and_stays_written(line: Any) -> None:
    outcome(line)
    use_rules(line, RULES + EXPERIMENT.replace("delay_days = 5", "delay_days = 6"), now=at("2026-09-18T09:00"))
    found = find_experiment(line, "std", "later", today=date(2026, 12, 1))
    assert found is not None
    assert found.stage is Stage.STOPPED
    assert found.declared.stopped_on == date(2026, 9, 18)
    assert [one.finding for one in found.comparisons] == [Finding.STOPPED]
    assert sum(arm.delivered for arm in found.arms) == len(CUSTOMERS)


def test_what_is_changed_before_the_first_day_is_declared_anew(sessions: Any) -> None:
    install(sessions, RULES)
    use_rules(sessions, RULES + EXPERIMENT, now=at("2026-08-20T09:00"))
    use_rules(sessions, RULES + EXPERIMENT.replace("delay_days = 5", "delay_days = 6"), now=at("2026-08-25T09:00"))
    with sessions() as session:
        (declared,) = declared_experiments(session)
    assert declared.version == 3
    assert declared.stopped_on is None
    use_rules(sessions, RULES, now=at("2026-10-05T09:00"))  # after its end: it was not cut short
    found = find_experiment(sessions, "std", "later", today=date(2026, 12, 1))
    assert found is not None
    assert found.stage is Stage.OVER


def test_a_size_is_written_once_and_before_the_start(sessions: Any) -> None:
    install(sessions, RULES)
    use_rules(sessions, RULES + EXPERIMENT, now=at("2026-08-20T09:00"))
    key, rates = ("std", "later"), (0.12, 0.14)

    def plan(today: datetime, **more: Any) -> Any:
        said = {"rates": rates, "by": HOST, "now": today, "today": today.date(), **more}
        return plan_experiment(sessions, key, **said)

    assert plan(at("2026-08-21T09:00")).per_arm == 4435
    for today, more in ((at("2026-08-22T09:00"), {"rates": (0.1, 0.2)}), (at("2026-09-01T09:00"), {})):
        with pytest.raises(Refused) as refused:
            plan(today, **more)
        assert refused.value.status == 409
    found = find_experiment(sessions, "std", "later", today=date(2026, 8, 22))
    assert found is not None
    assert found.plan is not None
    assert (found.plan.plan.per_arm, found.plan.author) == (4435, "host")


def test_an_arm_that_customers_flee_is_an_alert_until_it_is_not(sessions: Any) -> None:
    install(sessions, RULES)
    use_rules(sessions, RULES + EXPERIMENT, now=at("2026-08-20T09:00"))
    many = [f"x{n}" for n in range(260)]
    record(sessions, *[event(f"o-{one}", one, DAY) for one in many], now=DAY)
    send(sessions, at("2026-09-12T08:01"))
    send(sessions, at("2026-09-15T12:31"))
    with sessions.begin() as session:
        session.execute(update(Email).values(delivery="delivered", delivery_rank=30))
        of_arm = select(Invitation.id).where(Invitation.arm == "later").order_by(Invitation.id).limit(15)
        ids = list(session.scalars(of_arm))
        gone = update(Email).where(Email.invitation_id.in_(ids))
        session.execute(gone.values(delivery="complained", delivery_rank=60))
    today = date(2026, 9, 17)
    assert watch_experiments(sessions, now=at("2026-09-17T09:00"), today=today) == 1
    assert watch_experiments(sessions, now=at("2026-09-17T10:00"), today=today) == 1
    with sessions() as session:
        (alert,) = open_alerts(session)
        assert (alert.code, alert.subject, alert.count) == ("experiment_guard", "std:later:later", 2)
        assert alert.detail.startswith("complained: 15 of")
    with sessions.begin() as session:
        session.execute(update(Email).values(delivery="delivered", delivery_rank=30))
    assert watch_experiments(sessions, now=at("2026-09-17T11:00"), today=today) == 0
    with sessions() as session:
        assert open_alerts(session) == []


def test_a_form_writes_an_experiment_that_the_check_accepts() -> None:
    text = document.set_experiment(
        RULES + "# what follows stays\n",
        0,
        {"name": "later", "starts": date(2026, 9, 1), "ends": date(2026, 9, 30)},
        [{"name": "as-is"}, {"name": "later", "weight": 2, "delay_days": "5"}],
    )
    found, problems = check_rules(text.encode())
    assert found is not None, problems
    experiment = found.rules[0].experiment
    assert experiment is not None
    assert [(arm.name, arm.weight, dict(arm.overrides)) for arm in experiment.arms] == [
        ("as-is", 1, {}),
        ("later", 2, {"delay_days": 5}),
    ]
    assert "# what follows stays" in text
    again = document.set_experiment(text, 0, {"name": "other"}, [{"name": "a"}, {"name": "b", "delay_days": "x"}])
    found, problems = check_rules(again.encode())
    assert found is None
    assert [problem.where.split(" ")[0] for problem in problems] == ["std.experiment.arm[2].delay_days"]


def test_people_held_out_are_compared_with_those_asked_in_the_same_months(sessions: Any) -> None:
    install(sessions, RULES + "holdout_rate = 0.4\n")
    many = [f"h{n}" for n in range(120)]
    first, second = at("2026-06-10T08:00"), at("2026-06-25T08:00")
    record(sessions, *[event(f"o-{one}", one, first) for one in many], now=first)
    held = {one for one in many if holdout_draw("", one) < 0.4}
    again = [one for n, one in enumerate(many) if n % 2 == 0]
    record(sessions, *[event(f"p-{one}", one, second) for one in again], now=second)
    late = at("2026-07-20T08:00")  # asked in a month in which nobody was held out: left out
    late_asked = [name for n in range(40) if holdout_draw("", name := f"l{n}") >= 0.4][:5]
    record(sessions, *[event(f"o-{one}", one, late) for one in late_asked], now=late)
    found = measure_holdout(sessions, today=date(2026, 12, 1))
    assert (found.asked.n, found.held.n) == (len(many) - len(held), len(held))
    assert found.held.again == len(held & set(again))
    assert found.asked.again == len(set(again) - held)
    assert set(found.held.days) == {15}
    assert found.effect.reorders is not None
    assert not found.effect.established
    young = measure_holdout(sessions, today=date(2026, 7, 1))
    assert (young.asked.n, young.held.n, young.effect.reorders) == (0, 0, None)


def test_an_arm_over_the_rule_itself_changes_who_is_asked(sessions: Any) -> None:
    """One order is enough for an arm, the other wants two: by the hash, and by nothing else."""
    text = RULES + EXPERIMENT.replace('delay_days = 5\nsend_time = "14:30"\n', "min_orders = 2\n")
    install(sessions, RULES)
    use_rules(sessions, text, now=at("2026-08-20T09:00"))
    record(sessions, *[event(f"o-{one}", one, DAY) for one in CUSTOMERS], now=DAY)
    with sessions() as session:
        asked = {row.order_id.removeprefix("o-") for row in session.scalars(select(Invitation))}
    assert asked == {one for one in CUSTOMERS if lived(one) == "as-is"}
    record(
        sessions, *[event(f"p-{one}", one, DAY + timedelta(days=1)) for one in CUSTOMERS], now=at("2026-09-11T09:00")
    )
    with sessions() as session:
        again = {row.order_id for row in session.scalars(select(Invitation)) if row.order_id.startswith("p-")}
    assert again == {f"p-{one}" for one in CUSTOMERS if lived(one) == "later"}


def test_the_questions_of_an_arm_come_in_its_own_order(sessions: Any) -> None:
    """The same questions, the words before the stars for one arm."""
    install(sessions, RULES)
    use_rules(sessions, RULES + 'survey = "nps-stars"\n' + EXPERIMENT, now=at("2026-08-20T09:00"))
    record(sessions, *[event(f"o-{one}", one, DAY) for one in CUSTOMERS], now=DAY)
    with sessions() as session:
        shown = {
            row.arm: [q.id for q in survey_of(session, row.survey, row.questionnaire_version).questions]
            for row in session.scalars(select(Invitation))
        }
    assert sorted(shown["as-is"]) == sorted(shown["later"])
    assert (shown["as-is"][-1], shown["later"][1]) == ("comment", "comment")

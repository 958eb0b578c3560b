"""Experiments: sizes of the golden figures, stages, words that do not overclaim, guard rails."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from surveyor.core.experiments import (
    Arm,
    Confirming,
    Finding,
    Plan,
    Stage,
    breaches,
    compare,
    confirming,
    days_needed,
    last_answer,
    plan_of,
    stage_of,
)
from surveyor.core.experiments.holdout import Effect, Group, effect
from surveyor.core.rules import Arm as RuleArm
from surveyor.core.rules import Experiment, Rule
from surveyor.core.scope import NETWORK, Scope
from surveyor.errors import Refused

STARTS, ENDS = date(2026, 9, 1), date(2026, 9, 30)
EXPERIMENT = Experiment("delay", STARTS, ENDS, (RuleArm("a"), RuleArm("b", 1, {"delay_days": 5})))
RULE = Rule("std", experiment=EXPERIMENT)


@pytest.mark.parametrize(
    ("base", "target", "n"),
    [
        (0.12, 0.14, 4435),  # indicators.md, 16.4
        (0.12, 0.18, 553),
        (0.06, 0.144, 200),
        (0.50, 0.60, 385),  # Fleiss, Levin and Paik, without continuity correction: 384.6
        (0.05, 0.10, 432),  # unpooled: (1.959964 + 0.841621)^2 * (0.0475 + 0.09) / 0.0025 = 431.7
    ],
)
def test_sizes_are_those_of_the_written_cases(base: float, target: float, n: int) -> None:
    assert plan_of(base, target).per_arm == n
    assert plan_of(target, base).per_arm == n


@pytest.mark.parametrize(("base", "target"), [(0.12, 0.12), (0, 0.1), (0.1, 1.2), (-1, 0.1)])
def test_rates_that_make_no_plan_are_refused(base: float, target: float) -> None:
    with pytest.raises(Refused):
        plan_of(base, target)


def test_the_smallest_arm_decides_how_long_it_takes() -> None:
    plan = plan_of(0.12, 0.18)
    assert days_needed(plan, delivered_a_day=100, shares=(1, 1)) == 12
    assert days_needed(plan, delivered_a_day=100, shares=(9, 1)) == 56
    assert days_needed(plan, delivered_a_day=0, shares=(1, 1)) is None


def test_an_experiment_is_over_once_its_last_email_can_no_longer_be_answered() -> None:
    end = last_answer(RULE, EXPERIMENT)
    assert end == ENDS + timedelta(days=5 + 3 + 30)
    days = {
        STARTS - timedelta(days=1): Stage.PLANNED,
        STARTS: Stage.RUNNING,
        ENDS: Stage.RUNNING,
        ENDS + timedelta(days=1): Stage.LATE,
        end: Stage.LATE,
        end + timedelta(days=1): Stage.OVER,
    }
    assert {day: stage_of(RULE, EXPERIMENT, today=day) for day in days} == days


def test_an_experiment_cut_short_stays_stopped_and_one_without_an_end_never_concludes() -> None:
    later = ENDS + timedelta(days=400)
    assert stage_of(RULE, EXPERIMENT, today=later, stopped_on=ENDS - timedelta(days=3)) is Stage.STOPPED
    assert stage_of(RULE, EXPERIMENT, today=later, stopped_on=ENDS + timedelta(days=1)) is Stage.OVER
    endless = Experiment("delay", STARTS, None, EXPERIMENT.arms)
    assert stage_of(RULE, endless, today=later) is Stage.ENDLESS


def arm(name: str, delivered: int, responded: int, **more: int) -> Arm:
    return Arm(name, delivered, delivered, responded, responded, responded, 0, 0, **more)


def test_nothing_is_concluded_before_the_end_however_large_the_difference() -> None:
    arms = [arm("a", 5000, 300), arm("b", 5000, 900)]
    said = {stage: compare(arms, stage=stage)[0].finding for stage in Stage}
    assert said == {
        Stage.PLANNED: Finding.NONE_YET,
        Stage.RUNNING: Finding.NONE_YET,
        Stage.ENDLESS: Finding.NONE_YET,
        Stage.LATE: Finding.PROVISIONAL,
        Stage.STOPPED: Finding.STOPPED,
        Stage.OVER: Finding.MORE,
    }


@pytest.mark.parametrize(
    ("first", "second", "finding"),
    [
        ((6950, 412), (6250, 900), Finding.MORE),
        ((6250, 900), (6950, 412), Finding.FEWER),
        ((1000, 120), (1000, 140), Finding.UNDECIDED),
        ((20, 1), (20, 15), Finding.TOO_FEW),
        ((0, 0), (20, 15), Finding.TOO_FEW),
    ],
)
def test_the_whole_interval_decides(first: tuple[int, int], second: tuple[int, int], finding: Finding) -> None:
    (found,) = compare([arm("a", *first), arm("b", *second)], stage=Stage.OVER)
    assert found.finding is finding


def test_the_measured_ratio_of_the_written_case() -> None:
    (found,) = compare([arm("a", 6950, 412), arm("b", 6250, 900)], stage=Stage.OVER)
    assert found.ratio is not None
    assert [round(one, 2) for one in found.ratio] == [2.43, 2.17, 2.72]  # indicators.md, 16.3
    assert found.responses is not None
    shown = (found.responses.value, found.responses.ci_low, found.responses.ci_high)
    assert [round(one, 1) for one in shown] == [8.5, 7.4, 9.5]


def test_half_of_what_was_planned_is_too_few() -> None:
    arms = [arm("a", 2000, 200), arm("b", 2000, 400)]
    assert compare(arms, stage=Stage.OVER, plan=plan_of(0.12, 0.14))[0].finding is Finding.TOO_FEW
    assert compare(arms, stage=Stage.OVER, plan=plan_of(0.12, 0.18))[0].finding is Finding.MORE


def test_several_arms_need_wider_intervals() -> None:
    two = [arm("a", 1000, 120), arm("b", 1000, 150)]
    assert compare(two, stage=Stage.OVER)[0].finding is Finding.MORE
    five = [two[0], two[1], arm("c", 1000, 120), arm("d", 1000, 120), arm("e", 1000, 120)]
    found = compare(five, stage=Stage.OVER)
    assert found[0].finding is Finding.UNDECIDED
    assert found[0].confidence == pytest.approx(0.9875)


def test_words_say_no_more_than_what_is_known() -> None:
    assert Finding.UNDECIDED.words("fr") == "pas de différence établie"
    assert Finding.UNDECIDED.words("en") == "no difference established"
    assert all(finding.words(language) for finding in Finding for language in ("fr", "en"))


def test_an_arm_that_customers_flee_is_told() -> None:
    calm = arm("a", 1000, 100, unsubscribed=4, complained=0)
    assert breaches([calm, arm("b", 1000, 100, unsubscribed=6)]) == []
    (found,) = breaches([calm, arm("b", 1000, 100, unsubscribed=40)])
    assert (found.arm, found.what, found.count, found.n, found.others) == ("b", "unsubscribed", 40, 1000, (4, 1000))
    assert found.beside
    assert 0.02 < found.low < 0.04 < found.high
    (complaints,) = breaches([calm, arm("b", 1000, 100, complained=12)])
    assert complaints.what == "complained"
    assert breaches([arm("a", 90, 9), arm("b", 90, 9, complained=30)]) == []  # too few to say


def test_asking_changes_something_only_when_the_whole_interval_says_so() -> None:
    asked, held = Group({"2026-06": 1000}, {10: 300, 20: 300}), Group({"2026-06": 200}, {10: 45, 30: 45})
    found = effect(asked, held)
    assert found.reorders is not None
    assert found.days is not None
    assert round(found.reorders.value, 1) == 15.0
    assert found.established
    assert (round(found.days.value, 1), found.days.ci_low < -5 < found.days.ci_high) == (-5.0, True)
    assert not effect(asked, Group({"2026-06": 200}, {10: 55, 30: 55})).established
    assert effect(asked, Group({"2026-06": 29}, {10: 5})) == Effect(None, None)


def says(
    mine: tuple[int, int, int] = (200, 60, 40),
    first: tuple[int, int, int] = (150, 90, 60),
    *,
    over: dict[str, object] | None = None,
    rule: Rule = RULE,
    **more: object,
) -> Confirming:
    """What arm b says of the action that it lives: 300 answers of 2000 a side unless said."""
    changed = {"email": "invitation-short"} if over is None else over
    tried = Experiment("tone", STARTS, ENDS, (RuleArm("a"), RuleArm("b", 1, changed)))
    sides = {"a": first, "b": mine}
    delivered = more.get("delivered", 2000)
    arms = [
        Arm(name, 2000, delivered, 0, sum(nps), *nps)  # type: ignore[arg-type]
        for name, nps in sides.items()
    ]
    found = compare(arms, stage=more.get("stage", Stage.OVER), plan=more.get("plan"))  # type: ignore[arg-type]
    return confirming(rule, tried, "b", arms, found, scope=more.get("scope", NETWORK))  # type: ignore[arg-type]


def test_an_experiment_confirms_an_action_only_once_it_is_over_and_the_score_is_surely_higher() -> None:
    assert says() is Confirming.CONFIRMED
    assert says((160, 90, 60), (150, 90, 60)) is Confirming.NOT_SHOWN
    assert says((150, 90, 60), (200, 60, 40)) is Confirming.NOT_SHOWN  # surely lower
    for stage in (Stage.PLANNED, Stage.RUNNING, Stage.ENDLESS, Stage.LATE):
        assert says(stage=stage) is Confirming.NOT_YET
    assert says(stage=Stage.STOPPED) is Confirming.STOPPED


def test_a_sure_rise_of_less_than_five_points_confirms_nothing() -> None:
    many = (100_000, 60_000, 40_000)
    assert says((104_000, 60_000, 36_000), many, delivered=1_000_000) is Confirming.NOT_SHOWN  # +4
    assert says((105_000, 60_000, 35_000), many, delivered=1_000_000) is Confirming.CONFIRMED  # +5


def test_an_experiment_that_is_too_small_or_loses_answers_confirms_nothing() -> None:
    assert says((29, 0, 0), (10, 10, 10)) is Confirming.TOO_FEW
    assert says((30, 0, 0), (10, 10, 10)) is Confirming.CONFIRMED
    assert says(plan=Plan(0.1, 0.2, 4001)) is Confirming.TOO_FEW  # under half of what was written down
    assert says((150, 20, 0), (150, 90, 60)) is Confirming.FEWER  # the unhappy ones do not answer


@pytest.mark.parametrize("key", ["min_orders", "window_months", "cooldown_months", "idle_months", "survey"])
def test_an_arm_that_changes_who_is_asked_or_what_confirms_nothing(key: str) -> None:
    value = "nps-words-first" if key == "survey" else 3
    assert says(over={key: value}) is Confirming.OTHERS_ASKED
    assert says(over={key: value}, stage=Stage.RUNNING) is Confirming.OTHERS_ASKED  # known before it is over
    assert says(over={"min_orders": RULE.min_orders, "delay_days": 5}) is Confirming.CONFIRMED  # as in the rule


def test_an_experiment_on_some_customers_confirms_nothing_of_the_others() -> None:
    north = Rule("north", regions=("nord",))
    assert says(rule=north) is Confirming.ELSEWHERE
    assert says(rule=north, scope=Scope.of(stores=("S1",))) is Confirming.ELSEWHERE
    assert says(rule=north, scope=Scope.of(regions=("nord",))) is Confirming.CONFIRMED
    assert says(rule=north, scope=Scope.of(regions=("nord", "sud"))) is Confirming.ELSEWHERE
    assert says(rule=Rule("two", store_ids=("S1", "S2")), scope=Scope.of(stores=("S1",))) is Confirming.CONFIRMED
    assert says(rule=Rule("drive", segments=("drive",))) is Confirming.ELSEWHERE
    assert says(scope=Scope.of(stores=("S1",))) is Confirming.CONFIRMED


def test_what_an_experiment_says_of_an_action_is_said_in_both_languages() -> None:
    words = [one.words(spoken) for one in Confirming for spoken in ("fr", "en")]
    assert len(set(words)) == 2 * len(Confirming)

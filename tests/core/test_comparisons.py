"""What may be said when stores or periods are compared, and what may not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.indicators.changes import WORDS, Goal, Verdict, at_least_five_points, change, changes, goal
from surveyor.core.indicators.peers import adjusted_nps
from surveyor.core.indicators.pressure import fatigue, median, percentile, pressure
from surveyor.core.indicators.weighting import Stratum, merge_thin, weighted_nps

groups = st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
networks = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), groups, max_size=12)


@settings(max_examples=60)
@given(networks)
def test_shrinking_never_reorders_two_stores_of_equal_n(stores: dict[str, tuple[int, int, int]]) -> None:
    found = adjusted_nps(stores)
    if found is None:
        assert not any(map(sum, stores.values()))
        return
    assert 10 <= found.k <= 500
    rows = list(found.stores.values())
    for one in rows:
        assert -100 <= one.ci_low <= one.value <= one.ci_high <= 100
        for other in rows:
            if one.n == other.n and one.raw > other.raw:
                assert one.value > other.value


def test_a_group_with_one_answer_each_uses_the_adjusted_variance() -> None:
    found = adjusted_nps(dict.fromkeys("abcdef", (1, 0, 0)))
    assert found is not None
    assert found.s2 > 0.01
    assert found.how == "no_difference"


def test_a_single_store_is_its_own_peer() -> None:
    found = adjusted_nps({"a": (50, 30, 20)})
    assert found is not None
    assert (found.how, found.tau2) == ("default", 0)
    assert found.stores["a"].value == pytest.approx(30)


@given(groups, groups)
def test_the_verdict_mirrors_when_the_periods_are_swapped(
    now: tuple[int, int, int], before: tuple[int, int, int]
) -> None:
    mirror = {Verdict.UP: Verdict.DOWN, Verdict.DOWN: Verdict.UP}
    there = change(now, before).verdict
    assert change(before, now).verdict == mirror.get(there, there)
    assert (there.arrow is None) == (there not in mirror)


def test_five_points_are_counted_on_the_counts() -> None:
    assert at_least_five_points((35, 50, 15), (30, 55, 15))
    assert not at_least_five_points((349, 500, 151), (300, 550, 150))


def test_nothing_to_compare_gives_no_conclusion_and_no_numbers() -> None:
    found = change((50, 30, 20), (0, 0, 0))
    assert (found.verdict, found.numbers) == (Verdict.NONE, None)
    assert changes({}) == {}


def test_one_unit_on_a_screen_is_judged_alone() -> None:
    unit = ((98, 112, 70), (132, 108, 60))
    assert changes({"A": unit})["A"].verdict == Verdict.DOWN


def test_verdicts_and_goals_speak_both_languages() -> None:
    assert set(WORDS) == set(Verdict)
    assert all(verdict.words("fr") != verdict.words("en") for verdict in [*Verdict, *Goal])
    assert goal(None, None, n=400, target=30) == Goal.OPEN


def test_a_stratum_without_customers_joins_the_largest() -> None:
    strata = [Stratum("a", 100, (9, 0, 0)), Stratum("b", 0, (9, 9, 9)), Stratum("c", 900, (9, 9, 0))]
    assert [one.name for one in merge_thin(strata)] == ["a", "c+b"]


def test_weights_add_up_to_one_whatever_is_capped() -> None:
    strata = [Stratum("a", 10, (90, 9, 9)), Stratum("b", 5000, (3, 3, 3)), Stratum("c", 90000, (3, 3, 3))]
    found = weighted_nps(strata)
    assert found is not None
    assert sum(found.weights.values()) == pytest.approx(1)
    assert weighted_nps([]) is None


def test_nobody_contacted_gives_no_pressure_and_no_fatigue() -> None:
    assert pressure([0, 0]) is None
    assert fatigue(0, responded_first=0, responded_fourth=0) is None


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_a_median_splits_the_values_and_the_last_percentile_is_the_largest(values: list[int]) -> None:
    middle = median(values)
    assert middle is not None
    assert sum(value < middle for value in values) <= len(values) / 2
    assert sum(value > middle for value in values) <= len(values) / 2
    assert percentile(values, 100) == max(values)
    assert percentile(values, 1) == sorted(values)[max(0, -(-len(values) // 100) - 1)]
    assert median([]) is None
    assert percentile([], 50) is None

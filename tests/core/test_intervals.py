"""Intervals hold the figure they are about, stay on their scale and shrink with more answers."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveyor.core import intervals

counts = st.tuples(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000)).filter(any)
shares = st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
CLOSE = 1e-9


@given(counts)
def test_the_interval_of_the_nps_holds_the_nps_and_stays_on_its_scale(groups: tuple[int, int, int]) -> None:
    low, high = intervals.nps_interval(groups)
    assert -100 <= low <= intervals.raw_nps(groups) <= high <= 100


@given(counts)
def test_swapping_promoters_and_detractors_mirrors_the_interval(groups: tuple[int, int, int]) -> None:
    low, high = intervals.nps_interval(groups)
    mirrored = intervals.nps_interval(groups[::-1])
    assert mirrored == pytest.approx((-high, -low))


@given(counts)
def test_ten_times_the_answers_give_a_narrower_interval(groups: tuple[int, int, int]) -> None:
    assume(groups[0] + groups[2] > 0)
    low, high = intervals.nps_interval(groups)
    narrow_low, narrow_high = intervals.nps_interval(tuple(10 * count for count in groups))
    assert narrow_high - narrow_low < high - low


@given(shares)
def test_wilson_holds_the_share_and_stays_between_0_and_1(share: tuple[int, int]) -> None:
    low, high = intervals.wilson(*share) or (2, -1)
    assert 0 <= low <= Fraction(*share) + Fraction(CLOSE)
    assert Fraction(*share) - Fraction(CLOSE) <= high <= 1


@given(shares, shares)
def test_newcombe_holds_the_difference_and_turns_with_its_order(one: tuple[int, int], other: tuple[int, int]) -> None:
    bounds = intervals.newcombe(one, other)
    assert bounds is not None
    gap = one[0] / one[1] - other[0] / other[1]
    assert bounds[0] - CLOSE <= gap <= bounds[1] + CLOSE
    assert intervals.newcombe(other, one) == pytest.approx((-bounds[1], -bounds[0]))


@given(shares, shares)
def test_a_ratio_has_bounds_around_it_or_none_at_all(one: tuple[int, int], other: tuple[int, int]) -> None:
    bounds = intervals.katz(one, other)
    if not one[0] or not other[0]:
        assert bounds is None
    else:
        assert bounds is not None
        ratio = (one[0] / one[1]) / (other[0] / other[1])
        assert bounds[0] * (1 - CLOSE) <= ratio <= bounds[1] * (1 + CLOSE)


@given(st.dictionaries(st.integers(0, 10), st.integers(1, 200), min_size=1))
def test_the_interval_of_a_mean_holds_it_and_stays_on_the_scale(values: dict[int, int]) -> None:
    found = intervals.mean_interval(values, (0, 10))
    if found is None:
        assert sum(values.values()) < 2
    else:
        assert 0 <= found.ci_low <= found.value + CLOSE
        assert found.value - CLOSE <= found.ci_high <= 10


@given(counts, counts)
def test_a_change_turns_its_sign_with_its_order_and_p_is_a_probability(
    now: tuple[int, int, int], before: tuple[int, int, int]
) -> None:
    there, back = intervals.nps_difference(now, before), intervals.nps_difference(before, now)
    assert there.delta == pytest.approx(-back.delta)
    assert there.p == pytest.approx(back.p)
    assert 0 <= there.p <= 1


@pytest.mark.parametrize(("mix", "halves"), [((0.25, 0.20), (36.9, 23.0, 18.1)), ((0.50, 0.15), (40.1, 25.0, 19.6))])
def test_half_widths_are_those_of_the_help_page(mix: tuple[float, float], halves: tuple[float, ...]) -> None:
    for n, half in zip((10, 30, 50), halves, strict=True):
        low, high = intervals.nps_interval((mix[0] * n, (1 - sum(mix)) * n, mix[1] * n))
        assert (high - low) / 2 == pytest.approx(half, abs=0.05)


def test_nothing_has_no_interval() -> None:
    assert intervals.wilson(0, 0) is None
    assert intervals.newcombe((0, 0), (1, 2)) is None
    assert intervals.two_proportions((0, 0), (1, 2)) == (0, 1)
    assert intervals.mean_interval({5: 1}) is None
    assert intervals.benjamini_hochberg({}) == []
    assert intervals.nps_interval((0, 0, 0))[0] < 0 < intervals.nps_interval((0, 0, 0))[1]


def test_exact_coverage_of_the_nps_interval_is_near_95_percent_where_wald_fails() -> None:
    """Full enumeration at n = 10 with 90 % promoters and 3 % detractors: plain Wald covers 64.9 %."""
    from math import comb

    covered = 0.0
    for promoters in range(11):
        for detractors in range(11 - promoters):
            passives = 10 - promoters - detractors
            chance = comb(10, promoters) * comb(10 - promoters, detractors)
            chance *= 0.9**promoters * 0.03**detractors * 0.07**passives
            low, high = intervals.nps_interval((promoters, passives, detractors))
            covered += chance * (low <= 87 <= high)
    assert covered == pytest.approx(0.930, abs=0.0005)

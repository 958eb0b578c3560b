"""What must hold of matrices, scores, benchmarks and customer bases whatever the counts; written cases are golden."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core import benchmark, custscore, custscore_items, matrix
from surveyor.core.badges import Status
from surveyor.core.benchmark import cx_benchmark, peer_file
from surveyor.core.custscore_levers import lever
from surveyor.core.indicators.counted import Compared
from surveyor.core.indicators.customer_base import customer_base
from surveyor.core.indicators.on_demand import composed
from surveyor.core.indicators.what_if import Group, what_if

counts = st.tuples(*[st.integers(0, 60)] * 3)
items = st.sampled_from(sorted(custscore_items.COEFFICIENTS))
points = st.dictionaries(items, st.none() | st.floats(0, 100))


@given(points)
def test_the_parts_of_a_custscore_add_up_to_it_and_to_what_is_left(given_points: dict[str, float | None]) -> None:
    found = custscore.custscore(given_points)
    if found.status == "ok":
        assert found.value == pytest.approx(sum(found.contributions.values()))
        assert 100 - (found.value or 0) == pytest.approx(sum(found.potentials.values()))
        assert 0 <= (found.value or 0) <= 100 + 1e-9
    else:
        assert found.value is None
        assert found.coverage is not None
        assert found.coverage < 60


@given(points, items)
def test_an_item_that_becomes_available_moves_nothing_by_itself(now: dict[str, float | None], item: str) -> None:
    before = {**now, item: None}
    assert custscore.custscore_change(before, now).change in (None, pytest.approx(0))


@pytest.mark.parametrize("coefficient", [7, 14, 8.0, True, None])
def test_a_coefficient_is_a_whole_number_from_8_to_13(coefficient: int) -> None:
    assert custscore.custscore({"nps": 50}, coefficients={"nps": coefficient}).status == "error"


def test_an_unknown_item_is_an_error_and_never_a_score() -> None:
    assert custscore.custscore({"npss": 50}).status == "error"


@given(st.dictionaries(st.text(min_size=1, max_size=4), counts, max_size=12))
def test_the_matrix_counts_every_classified_label_once(labels: dict[str, tuple[int, int, int]]) -> None:
    found = matrix.cx_matrix(labels, commented=1000)
    classified = [one for one in found.labels.values() if one.quadrant is not None]
    assert found.classified == len(classified) == sum(sum(c) >= matrix.FEWEST_MENTIONS for c in labels.values())
    assert found.good == sum(one.quadrant in matrix.GOOD for one in classified)
    if found.value is not None:
        assert found.range_low is not None
        assert found.range_high is not None
        assert found.range_low <= found.value <= found.range_high


@given(st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=5))
def test_the_shares_of_stars_that_do_not_go_together_are_their_squared_correlations(with_score: list[float]) -> None:
    size = len(with_score)
    apart = [[float(i == j) for j in range(size)] for i in range(size)]
    found = matrix.label_importance(apart, with_score, n=200)
    whole = sum(r * r for r in with_score)
    if found is None:
        assert whole < 1e-6
    else:
        assert found[0] == pytest.approx(whole)
        assert sum(found[1]) == pytest.approx(100)


@given(counts, st.dictionaries(st.text(max_size=3), counts, max_size=8))
def test_a_percentile_is_inside_and_points_need_thirty_answers_on_both_sides(
    own: tuple[int, int, int], peers: dict[str, tuple[int, int, int]]
) -> None:
    found = benchmark.cx_benchmark(own, peers)
    if found.percentile is not None:
        assert 0 < found.percentile < 100
    if found.points is not None:
        assert sum(own) >= 30
        assert 0 <= found.points <= 100


@given(
    st.dictionaries(st.text(max_size=3), st.lists(st.integers(0, 400), max_size=6), max_size=8), st.integers(30, 300)
)
def test_who_came_and_who_left_add_up(days: dict[str, list[int]], end: int) -> None:
    start = date(2025, 1, 1)
    orders = {name: [start + timedelta(days=day) for day in of] for name, of in days.items()}
    found = customer_base(orders, start + timedelta(days=end), start + timedelta(days=end + 30))
    assert found.identity
    assert not set(found.new) & set(found.reactivated)


@given(st.lists(st.builds(Group, st.integers(0, 50), st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_customers_gained_minus_lost_is_the_difference_of_reach(groups: list[Group]) -> None:
    found = what_if(groups)
    assert found.b.reached - found.a.reached == found.gained - found.lost


def test_stars_are_weighed_from_their_answers_and_only_when_there_are_enough_that_vary() -> None:
    draw = Random(3)
    rows = [(min(10, wait + order + draw.randint(0, 2)), [order, wait]) for order, wait in _pairs(draw, 150)]
    found = matrix.star_importance(["order", "wait"], rows)
    assert found.n == 150
    assert found.r2 is not None
    assert 0.5 < found.r2 < 1
    assert found.shares is not None
    assert sum(found.shares.values()) == pytest.approx(100)
    assert matrix.star_importance(["order", "wait"], rows[:99]).r2 is None
    assert matrix.star_importance(["order", "same"], [(score, [stars[0], 4]) for score, stars in rows]).shares is None
    assert (
        matrix.star_importance(["order", "twice"], [(score, [stars[0], stars[0]]) for score, stars in rows]).r2 is None
    )


def _pairs(draw: Random, n: int) -> list[tuple[int, int]]:
    return [(draw.randint(1, 5), draw.randint(1, 5)) for _ in range(n)]


PEERS = {f"p{n}": (60, 20, 20) for n in range(6)}
NPS_ROWS = [{"entity": name, "value": value, "method": "email"} for name, value in (("a", 28), ("b", 34), ("c", 41))]


def test_a_store_without_an_answer_or_with_few_stands_beside_nobody() -> None:
    assert cx_benchmark((0, 0, 0), PEERS).status is Status.NO_DATA
    assert cx_benchmark((5, 1, 1), dict(list(PEERS.items())[:4])).status is Status.NOT_MEASURED
    said = {"by": "region", "peers": 6, "n_peers": 600}
    for own, status in (((0, 0, 0), Status.NO_DATA), ((5, 1, 1), Status.HIDDEN)):
        found = composed.cx_benchmark(Compared(cx_benchmark(own, PEERS), n=sum(own), **said))
        assert (found.value, found.status, found.n) == (None, status, sum(own))
        assert (found.facts["peer_stores"], found.facts["n_peers"]) == (6, 600)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": " "}, "method_missing"),
        ({"value": "41"}, "value_out_of_range"),
        ({"value": 141}, "value_out_of_range"),
    ],
)
def test_a_group_of_peers_with_one_bad_line_is_refused_whole(change: dict[str, Any], reason: str) -> None:
    found = peer_file(30.0, "email", [*NPS_ROWS[:2], {**NPS_ROWS[2], **change}])
    assert (found.status, found.reason, found.reference) == ("refused", reason, None)


@pytest.mark.parametrize(
    ("item", "facts", "more", "after"),
    [
        ("store_connections", {"active_weeks": 3, "access_weeks": 5}, 2, {"active_weeks": 5}),
        ("store_connections", {"active_weeks": 5, "access_weeks": 5}, None, {}),
        ("faq", {"enabled": True, "reviewed": 2}, 5, {"reviewed": 7}),
        ("faq", {"enabled": False, "reviewed": 0}, None, {}),
        ("widgets", {"enabled": True, "badge": True, "carousel": False}, 1, {"carousel": True}),
        ("widgets", {"enabled": True, "badge": True, "carousel": True}, None, {}),
        ("widgets", {"enabled": False, "badge": False, "carousel": False}, None, {}),
        ("google_volume", {"per_store_30_days": None}, None, {}),
    ],
)
def test_what_can_be_done_by_hand_is_said_and_nothing_when_it_is_done(
    item: str, facts: dict[str, Any], more: int | None, after: dict[str, Any]
) -> None:
    assert lever(item, facts) == (None if more is None else (more, {**facts, **after}))


def test_a_faq_that_says_how_many_entries_it_wants_is_measured_against_them() -> None:
    facts = {"enabled": True, "reviewed": 5}
    assert custscore_items.item_points("faq", {**facts, "target": 10}) == pytest.approx(50)
    assert custscore_items.item_points("faq", {**facts, "target": 5}) == pytest.approx(100)


def test_two_scores_that_cannot_be_compared_have_no_verdict() -> None:
    assert custscore.custscore_change({"nps": 50.0}, {"faq": 50.0}).verdict == "none"

"""Tallies add: a region is the sum of its stores, for every count and every figure made of them."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.indicators.entries import Facts
from surveyor.core.indicators.measures import nps
from surveyor.core.indicators.registry import REGISTRY
from surveyor.core.tally import COUNTS, GROUPS, ZERO, Tally, add_counts, histogram

tallies = st.builds(Tally, **{name: st.integers(0, 1000) for name in COUNTS})


def test_names_are_the_columns_of_the_tally_tables_in_their_order() -> None:
    from surveyor.db.tables.tallies import COUNTS as COLUMNS

    assert list(COUNTS) == list(COLUMNS)


def test_every_count_belongs_to_exactly_one_group_with_its_own_day() -> None:
    grouped = [name for group in GROUPS.values() for name in group]
    assert sorted(grouped) == sorted(field.name for field in fields(Tally))


@given(tallies, tallies, tallies)
def test_adding_is_commutative_and_associative_and_zero_changes_nothing(one: Tally, other: Tally, third: Tally) -> None:
    assert one + other == other + one
    assert (one + other) + third == one + (other + third)
    assert one + ZERO == one
    assert one - one == ZERO
    assert not one - one


@settings(max_examples=50)
@given(st.lists(tallies, max_size=6))
def test_every_count_of_the_network_is_the_sum_of_its_stores(stores: list[Tally]) -> None:
    network = Tally.sum(stores)
    for name in COUNTS:
        assert getattr(network, name) == sum(getattr(store, name) for store in stores)
    for name in ("promoters", "passives", "detractors", "responses", "refused", "waiting", "in_transit"):
        assert getattr(network, name) == sum(getattr(store, name) for store in stores)


@settings(max_examples=30)
@given(st.lists(tallies, min_size=1, max_size=5))
def test_every_census_count_of_the_registry_adds_over_stores(stores: list[Tally]) -> None:
    network = Tally.sum(stores)
    for entry in REGISTRY:
        if entry.unit == "count" and entry.key != "refusal_reasons":
            values = [entry.formula(store, Facts()).value for store in stores]
            if None not in values:
                assert entry.formula(network, Facts()).value == sum(value or 0 for value in values)


def test_plus_100_of_one_answer_and_minus_80_of_99_make_minus_78_together() -> None:
    brive = Tally.from_scores({10: 1})
    lyon = Tally.from_scores({8: 20, 2: 79})
    network = brive + lyon
    pooled = nps((network.promoters, network.passives, network.detractors))
    assert (pooled.value, pooled.display("fr")) == (-78, "-78")


@given(tallies)
def test_a_row_of_the_database_reads_back_and_only_what_moved_is_written(tally: Tally) -> None:
    assert Tally.from_mapping({**tally.to_mapping(), "day": 3, "store_id": 4}) == tally
    assert Tally.from_mapping(tally.changes()) == tally
    assert all(tally.changes().values())
    assert sum((tally.group(name) for name in GROUPS), ZERO) == tally


def test_an_empty_sum_of_the_database_is_zero() -> None:
    assert Tally.from_mapping({"sent": None}) == ZERO == Tally.sum([])


def test_scores_outside_the_scale_are_refused() -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        Tally.from_scores({11: 1})


def test_side_counts_add_key_by_key_and_forget_what_comes_to_zero() -> None:
    one = {("decision", "COOLDOWN"): 3, ("drop", "IDLE"): 1}
    assert add_counts(one, {("decision", "COOLDOWN"): 2, ("drop", "IDLE"): -1}) == {("decision", "COOLDOWN"): 5}
    assert add_counts() == {}


def test_answers_of_one_question_become_its_histogram() -> None:
    answers = {("stars_welcome", "5"): 4, ("stars_welcome", "1"): 1, ("stars_wait", "5"): 9, ("stars_welcome", "2"): 0}
    assert histogram(answers, "stars_welcome") == {1: 1, 5: 4}

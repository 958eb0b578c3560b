"""Around an action plan: as many days on both sides, and a difference only between enough comments."""

from __future__ import annotations

from datetime import date

import pytest

from surveyor.core.plans import Change, windows


@pytest.mark.parametrize(("today", "days"), [("2026-11-01", None), ("2026-11-02", 1), ("2027-03-01", 56)])
def test_as_many_days_before_as_after_from_the_first_whole_one_on(today: str, days: int | None) -> None:
    found = windows(date(2026, 11, 1), date.fromisoformat(today))
    assert (None if found is None else (found.before.days, found.after.days)) == (
        None if days is None else (days, days)
    )


@pytest.mark.parametrize(
    ("before", "after", "clear"),
    [((20, 60), (2, 60), True), ((2, 60), (20, 60), True), ((10, 60), (11, 60), False), ((20, 29), (1, 60), None)],
)
def test_a_difference_is_said_from_thirty_comments_on_and_clear_when_chance_seldom_makes_it(
    before: tuple[int, int], after: tuple[int, int], clear: bool | None
) -> None:
    found = Change(before, after)
    assert (found.low_high is None) == (clear is None)
    assert found.clear is bool(clear)
    if found.low_high is not None:
        low, high = found.low_high
        assert low < 100 * (after[0] / after[1] - before[0] / before[1]) < high

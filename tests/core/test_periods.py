"""Periods as readers write them, on the calendar of the store."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.periods import Period, final_on, iso_week, month_of, week_of
from surveyor.errors import Refused

TODAY = date(2026, 6, 17)
days = st.dates(date(1991, 1, 1), date(2190, 1, 1))


@given(days)
def test_a_week_holds_its_day_begins_on_monday_and_reads_back(day: date) -> None:
    week = week_of(day)
    assert day in week
    assert (week.first.isoweekday(), week.days) == (1, 7)
    assert Period.parse(str(week), TODAY) == week
    assert str(week) == iso_week(day)


@given(days)
def test_a_month_holds_its_day_and_reads_back_and_the_month_before_touches_it(day: date) -> None:
    month = month_of(day)
    assert day in month
    assert Period.parse(str(month), TODAY) == month
    assert month.before().last + timedelta(days=1) == month.first
    assert month.before().first.day == 1


@given(days)
def test_rolling_periods_are_complete_weeks_and_months_before_today_without_a_gap(today: date) -> None:
    four, twelve = Period.parse("4w", today), Period.parse("12w_before", today)
    assert (four.days, twelve.days) == (28, 84)
    assert four.last < today <= four.last + timedelta(days=7)
    assert four.last.isoweekday() == 7
    assert twelve.last + timedelta(days=1) == four.first
    year = Period.parse("12m", today)
    assert year.last == month_of(today).first - timedelta(days=1)
    assert year.first == date(year.last.year - (year.last.month < 12), year.last.month % 12 + 1, 1)


@given(days, st.integers(0, 400))
def test_two_dates_read_back_and_are_compared_with_as_many_days_before(day: date, length: int) -> None:
    period = Period(day, day + timedelta(days=length))
    assert Period.parse(str(period), TODAY) == period
    assert len(list(period.each())) == length + 1
    assert period.before().last + timedelta(days=1) == period.first


def test_a_single_day_is_a_period() -> None:
    assert Period.parse("2026-06-08", TODAY) == Period(date(2026, 6, 8), date(2026, 6, 8))
    assert Period.between("2026-06-08", "2026-06-14").days == 7


NOT_PERIODS = [
    "",
    "june",
    "2026-13",
    "2026-W54",
    "2026-W00",
    "2026-02-30",
    "2026-06-14..2026-06-08",
    "0001-01",
    "9999-12",
]


@pytest.mark.parametrize("text", [*NOT_PERIODS, "9999-W52", "2026-6", "5w", "1800-01-01..2026-01-01", "x" * 500])
def test_what_is_not_a_period_is_refused_with_the_forms_in_both_languages(text: str) -> None:
    with pytest.raises(Refused) as caught:
        Period.parse(text, TODAY)
    complaint = caught.value.complaints[0]
    assert complaint.code == "period_invalid"
    assert "2026-W24" in complaint.message_fr
    assert "2026-W24" in complaint.message_en
    assert len(complaint.message_en) < 200


def test_a_period_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Period(TODAY, TODAY - timedelta(days=1))


def test_scores_are_final_after_4_days_and_everything_else_after_31() -> None:
    last = date(2026, 6, 30)
    assert final_on(last, "response") == date(2026, 7, 4)
    assert final_on(last, "sent") == final_on(last, "decision") == date(2026, 7, 31)


def test_two_dates_say_which_one_is_wrong_and_which_way_round_they_are() -> None:
    with pytest.raises(Refused) as caught:
        Period.between("2026-13-01", "2026-12-31")
    assert [(c.where, c.code) for c in caught.value.complaints] == [("?from", "date_invalid")]
    assert caught.value.complaints[0].message_en == "?from: 2026-13-01 is not a YYYY-MM-DD date."
    with pytest.raises(Refused) as caught:
        Period.between("yesterday", "1800-01-01")
    assert [c.where for c in caught.value.complaints] == ["?from", "?to"]
    with pytest.raises(Refused) as caught:
        Period.between("2026-11-30", "2026-11-01")
    assert (caught.value.code, caught.value.complaints[0].where) == ("period_invalid", "?from")


@given(days, st.integers(0, 900), st.sampled_from(["day", "week", "month"]))
def test_a_split_covers_every_day_once_and_names_whole_weeks_and_months(day: date, length: int, by: str) -> None:
    period = Period(day, day + timedelta(days=length))
    parts = period.split(by)
    assert [one for part in parts for one in part.each()] == list(period.each())
    for part in parts[1:-1]:
        assert by == "day" or part.token


def test_too_many_days_one_by_one_are_refused_with_the_way_out() -> None:
    with pytest.raises(Refused) as caught:
        Period.between("2006-01-01", "2026-11-01").split("day")
    assert caught.value.complaints[0].where == "?by"
    assert caught.value.complaints[0].message_en == "?by: more than 1,100 days; use by=month."
    assert len(Period.between("2006-01-01", "2026-11-01").split("month")) == 251

"""Days, months and slots: month ends, clock changes, send days, zones by name and by offset."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.calendar import (
    WEEKDAYS,
    add_months,
    first_slot,
    iso_day,
    local_day,
    offset_name,
    planned_slot,
    send_day,
    wall_clock,
    zone_of,
)
from surveyor.core.rules import Rule
from surveyor.core.slots import next_slot_unless_open

DAYS = st.dates(date(1995, 1, 1), date(2090, 12, 31)).map(date.toordinal)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-12-31", 2, "2027-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-04-30", -2, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-03-31", 0, "2026-03-31"),
        ("2028-02-29", 12, "2029-02-28"),
    ],
)
def test_months_are_clamped_to_the_end_of_the_month(start: str, months: int, end: str) -> None:
    assert iso_day(add_months(day(start), months)) == end


@given(DAYS, st.integers(1, 24))
def test_a_month_lasts_28_to_31_days_and_order_is_kept(start: int, months: int) -> None:
    assert 28 * months <= add_months(start, months) - start <= 31 * months
    assert add_months(start, -months) <= add_months(start + 1, -months)


@given(DAYS, st.sets(st.sampled_from(WEEKDAYS), min_size=1))
def test_a_send_day_is_the_first_allowed_one(start: int, allowed: set[str]) -> None:
    found = send_day(start, tuple(allowed))
    assert 0 <= found - start < 7
    assert WEEKDAYS[date.fromordinal(found).weekday()] in allowed
    assert not any(WEEKDAYS[date.fromordinal(n).weekday()] in allowed for n in range(start, found))


@pytest.mark.parametrize(
    ("when", "minute", "zone", "instant"),
    [
        ("2026-01-21", 600, "Europe/Paris", "2026-01-21T09:00Z"),
        ("2026-03-29", 150, "Europe/Paris", "2026-03-29T01:00Z"),
        ("2026-10-25", 150, "Europe/Paris", "2026-10-25T00:30Z"),
        ("2026-04-05", 135, "Australia/Lord_Howe", "2026-04-04T15:45Z"),
        ("2026-10-04", 135, "Australia/Lord_Howe", "2026-10-03T15:30Z"),
        ("2026-01-21", 600, "+04:00", "2026-01-21T06:00Z"),
    ],
)
def test_a_wall_clock_that_is_missing_or_double_is_the_first_instant(
    when: str, minute: int, zone: str, instant: str
) -> None:
    assert wall_clock(day(when), minute, zone) == at(instant)


@given(DAYS, st.integers(0, 1439), st.sampled_from(["Europe/Paris", "America/Miquelon", "Pacific/Noumea", "-03:30"]))
def test_a_wall_clock_falls_on_its_own_day(start: int, minute: int, zone: str) -> None:
    assert local_day(wall_clock(start, minute, zone), zone) == start


@pytest.mark.parametrize("zone", ["Europe/Paris", "Indian/Reunion", "America/Martinique"])
def test_two_days_after_any_day_of_twelve_years_ten_in_the_morning_is_ten_where_the_store_is(zone: str) -> None:
    offsets = set()
    for ordered in range(day("2024-01-01"), day("2036-01-01")):
        found, slot, local = planned_slot(ordered + 2, "10:00", WEEKDAYS, zone)
        shown = slot.astimezone(zone_of(zone))
        assert (found, local, shown.date().toordinal()) == (ordered + 2,) * 3
        assert (shown.hour, shown.minute) == (10, 0)
        offsets.add(shown.utcoffset())
    assert len(offsets) == (2 if zone == "Europe/Paris" else 1)
    assert planned_slot(day("2028-02-27") + 2, "10:00", WEEKDAYS, zone)[0] == day("2028-02-29")


def test_zones_have_a_name_or_an_offset() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert [noon.astimezone(zone_of(name)).hour for name in ("", "Z", "+0530", "-03:30", "Indian/Reunion")] == [
        12,
        12,
        17,
        8,
        16,
    ]
    assert [offset_name(minutes) for minutes in (0, 60, -210, 720)] == ["+00:00", "+01:00", "-03:30", "+12:00"]
    with pytest.raises(KeyError):
        zone_of("Europe/Atlantis")


def test_the_first_slot_not_before_an_instant() -> None:
    weekdays = WEEKDAYS[:5]
    friday = day("2026-01-09")

    def slot(not_before: str) -> datetime:
        return first_slot(friday, clock="10:00", send_days=weekdays, zone="Europe/Paris", not_before=at(not_before))

    assert slot("2026-01-01T00:00Z") == at("2026-01-09T09:00Z")
    assert slot("2026-01-09T09:00Z") == at("2026-01-09T09:00Z")
    assert slot("2026-01-09T09:00:01Z") == at("2026-01-12T09:00Z")
    assert slot("2026-01-12T09:30Z") == at("2026-01-13T09:00Z")


PARIS = "Europe/Paris"


def opening(rule: Rule, now: str, grace: int = 120) -> datetime | None:
    return next_slot_unless_open(rule, PARIS, grace_minutes=grace, now=at(now))


def test_a_slot_is_open_from_its_hour_to_the_end_of_its_grace() -> None:
    rule = Rule("a")
    assert opening(rule, "2026-01-21T09:00Z") is None
    assert opening(rule, "2026-01-21T11:00:59Z") is None
    assert opening(rule, "2026-01-21T11:01Z") == at("2026-01-22T09:00Z")
    assert opening(rule, "2026-01-21T08:59:59Z") == at("2026-01-21T09:00Z")
    assert opening(rule, "2026-01-21T09:00:30Z", grace=0) is None


def test_nothing_leaves_in_the_evening_unless_the_rule_allows_the_night() -> None:
    evening = Rule("a", send_time="20:00")
    assert opening(evening, "2026-01-21T19:00Z") is None
    assert opening(evening, "2026-01-21T19:01Z") == at("2026-01-22T19:00Z")
    night = Rule("a", send_time="23:30", allow_night=True, send_days=("wed",))
    assert opening(night, "2026-01-21T22:30Z") is None
    assert opening(night, "2026-01-22T00:30Z") is None
    assert opening(night, "2026-01-22T00:31Z") == at("2026-01-28T22:30Z")


def test_a_slot_open_now_is_not_the_one_of_another_day() -> None:
    assert opening(Rule("a", send_days=("tue",)), "2026-01-21T09:30Z") == at("2026-01-27T09:00Z")

"""Days as pages say them: French counts the first of a month, and no other day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.core.periods import Period
from surveyor.db.breaks import Break
from surveyor.services import Services
from surveyor.web.dashboard.words import break_name, days_name, span_name
from surveyor.web.days import day, moment, tick

FIRST, SECOND, ELEVENTH = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 11)


@pytest.fixture
def app(installation: Services) -> Flask:
    return create_app(installation)


def test_the_first_of_a_month_is_counted_in_french(app: Flask) -> None:
    with app.test_request_context("/?lang=fr"):
        assert [day(one) for one in (FIRST, SECOND, ELEVENTH)] == [
            "1er novembre 2026",
            "2 novembre 2026",
            "11 novembre 2026",
        ]
        assert day(FIRST, "medium") == "1er nov. 2026"
        assert day(FIRST, "d MMM") == "1er nov."
        assert day(FIRST, "LLLL y") == "novembre 2026"
        assert moment(datetime(2026, 10, 31, 23, 5, tzinfo=UTC)) == "1er nov. 2026, 00:05"
        assert days_name(Period(FIRST, ELEVENTH)) == "1er nov. 2026 – 11 nov. 2026"
        assert span_name("week", date(2026, 6, 1)) == ("1er juin", "semaine du 1er juin 2026")
        assert "1er nov. 2026" in break_name(FIRST, Break("rules", datetime(2026, 11, 1, tzinfo=UTC), "", 2))
        assert (tick(FIRST), tick(ELEVENTH)) == ("nov.", "11 nov.")


def test_english_counts_no_day(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert day(FIRST) == "1 November 2026"
        assert moment(datetime(2026, 10, 31, 23, 5, tzinfo=UTC)) == "1 Nov 2026, 00:05"
        assert span_name("week", date(2026, 6, 1))[1] == "week of 1 June 2026"

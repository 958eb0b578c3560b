"""Goals: the whole interval decides, the nearest scope's goal holds, a file says all that is wrong with it at once."""

from __future__ import annotations

from datetime import date

import pytest

from surveyor.core.goals import KEYS, aim, check_target, entries, read_file, wider
from surveyor.core.indicators import Envelope, evaluate
from surveyor.core.periods import Period, month_of
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import Tally
from surveyor.errors import Refused

JUNE = month_of(date(2026, 6, 1))


def nps(promoters: int, detractors: int) -> Envelope:
    tally = Tally(score_9=promoters, score_2=detractors)
    return evaluate("nps", tally, period=JUNE, scope=NETWORK, today=date(2026, 8, 1), language="en")


@pytest.mark.parametrize(
    ("figure", "target", "verdict"),
    [
        (nps(900, 100), 70, "reached"),
        (nps(900, 100), 80, "open"),
        (nps(900, 100), 90, "missed"),
        (nps(20, 0), 50, "open"),  # 20 answers settle nothing
        (nps(5, 0), 50, "open"),  # hidden
    ],
)
def test_the_whole_interval_decides(figure: Envelope, target: float, verdict: str) -> None:
    found = aim(figure, ("network",), {("network", "nps"): target}, {})
    assert found is not None
    assert str(found.verdict) == verdict


def test_the_nearest_scope_holds_and_a_person_wins_over_the_file() -> None:
    places = wider(Scope.of(stores=["S1"]), region="nord", brand="b")
    assert places == ("store:S1", "region:nord", "brand:b", "network")
    screen, file = {("network", "nps"): 40.0}, {("region:nord", "nps"): 30.0, ("network", "nps"): 10.0}
    found = aim(nps(90, 10), places, screen, file)
    assert found is not None
    assert (found.target, found.scope, found.source) == (30.0, "region:nord", "file")
    network = aim(nps(90, 10), wider(NETWORK), screen, file)
    assert network is not None
    assert (network.target, network.source) == (40.0, "screen")
    assert aim(nps(90, 10), ("store:S1",), {}, {}) is None


def test_a_file_says_everything_that_is_wrong_with_it() -> None:
    text = """
[goals.network]
nps = 45
response_rate = 14.5
[goals."region:nord"]
nps = 140
nsp = 4
[goals."planet:mars"]
nps = 1
"""
    with pytest.raises(Refused) as refused:
        read_file(text)
    assert [one.code for one in refused.value.complaints] == ["goal_invalid", "indicator_unknown", "scope_invalid"]
    assert read_file(text.partition('[goals."region')[0]) == {
        ("network", "nps"): 45.0,
        ("network", "response_rate"): 14.5,
    }
    with pytest.raises(Refused, match="2:8"):
        read_file("\n[goals]x")
    for strange in ("goals = 3", "[goals]\nnps = 45"):
        with pytest.raises(Refused, match=r"\[goals.network\]"):
            read_file(strange)
    with pytest.raises(Refused):
        read_file("[goals.network]\nnps = " + "4" * 5000)


@pytest.mark.parametrize(("text", "value"), [("45", 45.0), ("14,5", 14.5), ("\u221210", -10.0), (" -10 ", -10.0)])
def test_a_target_is_read_as_it_is_typed(text: str, value: float) -> None:
    assert check_target("nps", text) == value


@pytest.mark.parametrize("text", ["", "x", "101", "nan", "inf", "1e9"])
def test_a_target_outside_of_its_unit_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        check_target("nps", text)


def test_every_indicator_that_may_have_one_is_in_the_registry_with_an_interval() -> None:
    assert [entry.key for entry in entries()] == list(KEYS)
    assert all(entry.interval for entry in entries())


@pytest.mark.parametrize(
    ("token", "before"),
    [
        ("2026-06", "2025-06-01..2025-06-30"),
        ("2024-02", "2023-02-01..2023-02-28"),
        ("2026-01-01..2026-03-31", "2025-01-01..2025-03-31"),
        ("2026-W24", "2025-06-09..2025-06-15"),  # Monday to Sunday
    ],
)
def test_a_year_before_is_whole_months_or_the_same_weekdays(token: str, before: str) -> None:
    found = Period.parse(token, date(2026, 7, 1)).year_before()
    assert f"{found.first}..{found.last}" == before

"""A source, workers, a clock and customers killed at random: nothing is lost, nobody is written to twice, sums hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.chaos import CUSTOMERS, lived

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KILLS = 20


def test_no_email_twice_and_no_order_lost_whoever_dies_whenever(engine_url: str, tmp_path: Path) -> None:
    found = lived(engine_url, tmp_path, kills=KILLS, seed=20261122)
    assert (found.kills, found.lost, found.twice, found.broken) == (KILLS, 0, 0, [])
    assert (found.orders, found.emails) == (2 * CUSTOMERS, CUSTOMERS)
    assert found.answers > 0

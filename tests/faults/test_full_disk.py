"""The disk of PostgreSQL is full, tables and journal alike: 503 until there is room, then everything goes on alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import PostgresDatabases
from tests.faults.small_disk import SmallDisk
from tests.faults.street import Street
from tests.servers import Missing, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.postgres]
MEGABYTES = 160


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    try:
        made = SmallDisk(MEGABYTES)
    except Missing as forbidden:
        pytest.skip(str(forbidden))
    made.initialise()
    made.start()
    yield made
    made.remove()


@pytest.mark.parametrize("journal", [False, True], ids=["tables", "the journal too"])
def test_a_full_disk_refuses_orders_loses_nothing_and_is_over_when_there_is_room(
    disk: SmallDisk, tmp_path: Path, journal: bool
) -> None:
    street = Street(PostgresDatabases(disk).migrated(), tmp_path)
    disk.supervise()
    with street.lives():
        time.sleep(0.3)
        if journal:
            disk.keep_journal()
        disk.fill()
        if journal:
            disk.write_until_it_panics()
        wait_for(lambda: street.answers[503] >= 5, seconds=60, what="a refusal")
        time.sleep(1)
        told = len(street.acknowledged)
        disk.empty()
        wait_for(lambda: len(street.acknowledged) > told + 20, seconds=60, what="orders again")
    assert disk.panicked() or not journal, "PostgreSQL gives up when its journal has no room"
    street.finish()
    assert street.wrong == []
    street.promises_hold()
    street.engine.dispose()

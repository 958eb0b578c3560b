"""A list of any length is exported in the same memory: one page of rows, and the cache of one reading connection."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from surveyor.db.base import new_ids
from surveyor.db.engine import make_engine
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow

ROOT = Path(__file__).resolve().parents[3]
AT = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = date(2026, 1, 1)
#: Rows of both exports: even the smaller database is larger than what a connection keeps of it.
FEW, MANY = 20_000, 60_000
SCRIPT = """
import json, sys
from datetime import date
from pathlib import Path

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.listing import behind
from surveyor.web.api import lists, whole
from surveyor.web.api.cells import csv_lines

LIST = lists.decisions()
sessions = make_sessions(make_engine(sys.argv[1], read_only=True))


def kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


def pages():
    after = None
    while True:
        with sessions() as session:
            period = Period(date(2026, 1, 1), date(2026, 12, 31))
            rows = LIST.walk(session, (NETWORK,), period, limit=whole.STREAMED, after=after)
        yield rows
        if len(rows) < whole.STREAMED:
            return
        after = behind(rows[-1], LIST.columns, LIST.walked)


idle = kilobytes("VmRSS")
for last in csv_lines(LIST.columns, pages()):
    pass
print(json.dumps([last, (kilobytes("VmHWM") - idle) / 1024]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says what a process takes")
def test_three_times_the_rows_take_no_more_memory(sqlite_databases: Any) -> None:
    peaks = []
    for rows in (FEW, MANY):
        url = sqlite_databases.migrated()
        _fill(url, rows)
        done = subprocess.run([sys.executable, "-c", SCRIPT, url], cwd=ROOT, capture_output=True, text=True, check=True)
        last, peak = json.loads(done.stdout)
        assert last == f"# rows: {rows}\r\n"
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 4, peaks
    assert max(peaks) < 40, peaks


def _fill(url: str, rows: int) -> None:
    """So many decisions, each with a kilobyte of facts."""
    engine = make_engine(url, durable=False)
    people = new_ids(AT, 100)
    facts = {"counted": 1, "window": ["2026-01-01", "2026-03-01"], "why": "x" * 900}
    columns = {"rule_id": "std", "rule_version": 1, "verdict": "NOT_ELIGIBLE", "reason": "TOO_FEW_ORDERS"}
    with engine.begin() as connection:
        connection.execute(
            insert(Customer), [{"id": one, "external_id": f"c{n}", "created_at": AT} for n, one in enumerate(people)]
        )
        for first in range(0, rows, 5000):
            made = [
                {
                    **columns,
                    "id": key,
                    "customer_id": people[n % 100],
                    "order_id": f"o{n}",
                    "store_id": f"S{n % 50:02d}",
                    "segment": "",
                    "day": FIRST + timedelta(days=n * 300 // rows),
                    "cause": "order",
                    "facts": facts,
                    "decided_at": AT,
                }
                for n, key in enumerate(new_ids(AT, 5000), first)
            ]
            connection.execute(insert(DecisionRow), made)
    engine.dispose()

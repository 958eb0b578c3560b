"""The what-if of a file: which emails would these rules have sent? No database, no email; only the list is written."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow, Period, Send, bases_of, columns, replay, warm_up_days
from surveyor.core.replay.rows import Gathering
from surveyor.core.rules import Problem, RuleSet, check_rules
from surveyor.errors import Complaint, Refused
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.split_replay import split_run
from surveyor.ingest.order_files import Faults, order_rows, stores_of

COLUMNS = ("customer_id", "trigger_event_id", "trigger_local_date", "send_date", "orders_in_window")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks of a replay. `first` and `last`: local dates of sending that count, both included.

    `stores` None: `known_stores`, then the offsets written in the file, tell local dates.
    """

    orders: Path
    rules: Path
    against: Path | None = None
    stores: Path | None = None
    sends: Path | None = None
    first: date | None = None
    last: date | None = None


def replay_files(
    asked: Asked,
    *,
    known_stores: Mapping[str, StoreFacts] | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, Any]:
    """The report of `surveyor replay --json`; writes the list of sends when a file is named for it.

    `progress` is told ("read", rows) and then ("replayed", orders). Raises Refused: a file that cannot be read, or
    rules with errors (one complaint for each).
    """
    rules = read_rules(asked.rules)
    against = None if asked.against is None else read_rules(asked.against)
    stores = dict(known_stores or {}) if asked.stores is None else stores_of(asked.stores)
    faults, gathering = Faults(), Gathering(bases_of(rules, against), stores)
    period = _period(asked)
    earliest = 1 if asked.first is None else asked.first.toordinal() - warm_up_days(rules, against)
    told = None if progress is None else (lambda rows: progress("read", rows))
    with quiet_memory():
        rows = order_rows(asked.orders, faults, progress=told)
        if asked.first is not None or asked.last is not None:
            rows = (row for row in rows if earliest <= _day(row) <= period.last)
        for row in rows:
            gathering.take(row)
        gathered = gathering.done()
        result = replay(gathered, rules, against=against, period=period, live=split_run)
    if progress is not None:
        progress("replayed", gathered.orders)
    if asked.sends is not None:
        write_sends(asked.sends, result.run.sends)
    return {
        **result.figures,
        "rows_ignored": dict(sorted(gathered.ignored.items())),
        "rows_refused": faults.count,
        "refused": [{"where": fault.where, "code": fault.code, "message": fault.message_en} for fault in faults.first],
        "from": None if asked.first is None else asked.first.isoformat(),
        "to": None if asked.last is None else asked.last.isoformat(),
    }


def read_rules(path: Path) -> RuleSet:
    """The rules of a file; stores, regions and segments are not looked up. Raises Refused with every error."""
    try:
        raw = path.read_bytes()
    except OSError:
        fr, en = f"{path} : fichier introuvable ou illisible.", f"{path}: no such file, or it cannot be read."
        raise Refused([Complaint(str(path), "file_missing", fr, en)]) from None
    rules, problems = check_rules(raw)
    if rules is None:
        raise Refused([_complaint(problem) for problem in problems if problem.level == "error"])
    return rules


def write_sends(path: Path, sends: Sequence[Send]) -> None:
    """One CSV row per email SENT, by send date then customer; gzipped when the name ends in .gz."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(columns(sends))
    body = text.getvalue().encode()
    path.write_bytes(gzip.compress(body, mtime=0) if path.suffix == ".gz" else body)


def _period(asked: Asked) -> Period:
    first = 1 if asked.first is None else asked.first.toordinal()
    last = date.max.toordinal() if asked.last is None else asked.last.toordinal()
    return Period(first, last, last)


def _day(row: OrderRow) -> int:
    return (row.received_at or row.fulfilled_at or row.ordered_at).toordinal()


def _complaint(problem: Problem) -> Complaint:
    return Complaint(problem.where, problem.code, problem.message_fr, problem.message_en)

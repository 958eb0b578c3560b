"""The what-if of a file: which emails would these rules have sent? No database, no email; only the list is written."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow, Period, ReplayResult, Send, bases_of, columns, replay, warm_up_days
from surveyor.core.replay.rows import Gathering
from surveyor.core.rules import Problem, RuleSet, check_rules
from surveyor.errors import Complaint, Refused
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.replay_by_columns import NotByColumns, file_columns, replay_columns_of, why_not
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
    columns: bool = True,
) -> dict[str, Any]:
    """The report of `surveyor replay --json`; writes the list of sends when a file is named for it.

    `columns`: by columns where that can be had (flows/replay_by_columns); the report says which `engine` it was.
    `progress` is told ("read", rows) and then ("replayed", orders). Raises Refused: a file that cannot be read, or
    rules with errors (one complaint for each).
    """
    rules = read_rules(asked.rules)
    against = None if asked.against is None else read_rules(asked.against)
    stores = dict(known_stores or {}) if asked.stores is None else stores_of(asked.stores)
    lived = _Lived(asked, rules, against, stores)
    reason = why_not(rules, against) if columns else "`decide` was asked for"
    with quiet_memory():
        if reason is None:
            try:
                result, ignored = lived.by_columns()
            except NotByColumns as error:
                reason = str(error)
        if reason is not None:
            result, ignored = lived.by_decide(progress)
    faults = lived.faults
    if progress is not None:
        progress("replayed", result.figures["orders"])
    if asked.sends is not None:
        write_sends(asked.sends, result.run.sends)
    return {
        **result.figures,
        "engine": "columns" if reason is None else "decide",
        "engine_because": reason,
        "rows_ignored": dict(sorted(ignored.items())),
        "rows_refused": faults.count,
        "refused": [{"where": fault.where, "code": fault.code, "message": fault.message_en} for fault in faults.first],
        "from": None if asked.first is None else asked.first.isoformat(),
        "to": None if asked.last is None else asked.last.isoformat(),
    }


class _Lived:
    """One file under one text of rules, or two, lived one way or the other: the result, and the rows not used."""

    def __init__(self, asked: Asked, rules: RuleSet, against: RuleSet | None, stores: Mapping[str, StoreFacts]) -> None:
        self.asked, self.rules, self.against, self.stores = asked, rules, against, stores
        self.faults, self.period = Faults(), _period(asked)
        earliest = 1 if asked.first is None else asked.first.toordinal() - warm_up_days(rules, against)
        self.within = None if asked.first is None and asked.last is None else (earliest, self.period.last)

    def by_columns(self) -> tuple[ReplayResult, Counter[str]]:
        orders = file_columns(self.asked.orders, self.stores, within=self.within)
        result = replay_columns_of(orders, self.rules, against=self.against, period=self.period)
        return result, orders.ignored

    def by_decide(self, progress: Callable[[str, int], None] | None) -> tuple[ReplayResult, Counter[str]]:
        told = None if progress is None else (lambda rows: progress("read", rows))
        gathering, within = Gathering(bases_of(self.rules, self.against), self.stores), self.within
        rows = order_rows(self.asked.orders, self.faults, progress=told)
        gathering.take(rows if within is None else (row for row in rows if within[0] <= _day(row) <= within[1]))
        found = gathering.done()
        return replay(found, self.rules, against=self.against, period=self.period, live=split_run), found.ignored


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

"""Import a file of order events: batches, each with the line it reached; a kill loses and doubles nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from surveyor.core.calendar import local_day
from surveyor.db import imports
from surveyor.db.imports import ImportRow
from surveyor.errors import Complaint, Refused
from surveyor.flows.import_orders.batches import ImportOvertaken, Target, batches, read, take
from surveyor.flows.import_orders.receipt import ImportReceipt, Refusal
from surveyor.ingest.complaints import complain
from surveyor.ingest.files import rows_of

__all__ = ["ImportOvertaken", "ImportReceipt", "Options", "Refusal", "import_orders"]

#: Refusals that a second reading of the same lines would not find again.
_NOT_OF_THE_LINE = ("event_conflict", "store_unknown")


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is taken. history: counted in windows, nobody is invited. name: what to call it (default: its own)."""

    source: str = "file"
    encoding: str = "utf-8"
    history: bool = False
    strict_stores: bool = False
    name: str = ""


def import_orders(
    services: Any,
    path: Path,
    *,
    options: Options,
    now: Callable[[], datetime],
    on_refusal: Callable[[Refusal], None] = lambda _refusal: None,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> ImportReceipt:
    """Import one CSV or NDJSON file (`.gz` too) in constant memory; the receipt, when everything is committed.

    A run that was killed goes on where its last commit ended. A file that was read to its end without a rejected line
    is not read again; one with rejected lines is (they may be acceptable now: another encoding, a store declared).
    services: services.Services. on_progress: rows read since the last call. Never raises for what is in the file:
    `problem` says it. Raises ImportOvertaken, and what the database raises when it is away: what was committed stays.
    """
    name = options.name or path.name
    try:
        digest = sha256_of(path)
    except OSError:
        return ImportReceipt(name, options.source, "", problem=complain("file_missing", options.name or str(path)))
    known = _known(services, digest, options, now())
    if known is not None and known.finished_at is not None:
        return _before(known, digest, options, _day(known.finished_at, services))
    run = _Run(services, options, known, now, on_refusal, on_progress)
    problem = run.over(path, name=name, digest=digest)
    return _receipt(run.row, name, digest, options, problem, resumed_from=known.line if known else 0)


def sha256_of(path: Path) -> bytes:
    """The hash of a file, read once. Raises OSError when it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


@dataclass(slots=True)
class _Run:
    """One reading of a file, from the line that was reached to its end."""

    services: Any
    options: Options
    row: ImportRow | None
    now: Callable[[], datetime]
    on_refusal: Callable[[Refusal], None]
    on_progress: Callable[[int], None]

    def over(self, path: Path, *, name: str, digest: bytes) -> Complaint | None:
        """Read to the end; what is wrong with the file as a whole, if anything."""
        reached = self.row.line if self.row else 0
        self._tell_again()
        try:
            for batch in batches(rows_of(path, encoding=self.options.encoding)):
                instant = self.now()
                seen = [row for row in batch if row.line < reached]
                for refusal in read(seen, now=instant).refused:
                    self.on_refusal(refusal)
                if fresh := batch[len(seen) :]:
                    row = self.row = self.row or self._begin(name, digest, instant)
                    target = self._target(row, was=reached)
                    reached = fresh[-1].next_line
                    for refusal in take(read(fresh, now=instant), target, line=reached, now=instant):
                        self.on_refusal(refusal)
                self.on_progress(len(batch))
        except Refused as refused:
            self._close(finished=False)
            return refused.complaints[0]
        self._close(finished=True)
        return None

    def _begin(self, name: str, digest: bytes, now: datetime) -> ImportRow:
        source, history = self.options.source, self.options.history
        with self.services.sessions.begin() as session:
            return imports.begin(session, sha256=digest, source=source, name=name, history=history, now=now)

    def _target(self, row: ImportRow, *, was: int) -> Target:
        options = self.options
        return Target(self.services, options.source, options.history, options.strict_stores, row.id, was)

    def _tell_again(self) -> None:
        """Refusals of a run that was stopped, those that the lines alone do not show."""
        for entry in self.row.first_refusals if self.row else ():
            if entry["code"] in _NOT_OF_THE_LINE:
                self.on_refusal(_told(entry))

    def _close(self, *, finished: bool) -> None:
        if self.row is None:
            return
        with self.services.sessions.begin() as session:
            end = imports.finish if finished else _as_it_stands
            self.row = end(session, self.row.id, now=self.now())


def _as_it_stands(session: Any, import_id: Any, *, now: datetime) -> ImportRow:
    del now
    return imports.read(session, import_id)


def _known(services: Any, digest: bytes, options: Options, now: datetime) -> ImportRow | None:
    """What an earlier run left; one that ended with rejected lines starts over."""
    with services.sessions.begin() as session:
        row = imports.find(session, sha256=digest, source=options.source)
        if row is not None and row.finished_at is not None and row.rejected:
            imports.again(session, row, history=options.history, now=now)
            row = imports.find(session, sha256=digest, source=options.source)
        return row


def _before(row: ImportRow, digest: bytes, options: Options, day: date) -> ImportReceipt:
    complaint = complain("file_already_imported", "FILE", day=day.isoformat())
    return ImportReceipt(
        options.name or row.name,
        options.source,
        digest.hex(),
        history=row.history,
        duplicates=row.rows,
        started_at=row.started_at,
        finished_at=row.finished_at,
        problem=complaint,
    )


def _receipt(
    row: ImportRow | None,
    name: str,
    digest: bytes,
    options: Options,
    problem: Complaint | None,
    *,
    resumed_from: int,
) -> ImportReceipt:
    if row is None:
        return ImportReceipt(name, options.source, digest.hex(), history=options.history, problem=problem)
    return ImportReceipt(
        name,
        options.source,
        digest.hex(),
        history=row.history,
        accepted=row.accepted,
        duplicates=row.duplicates,
        conflicts=row.conflicts,
        rejected=row.rejected,
        resumed_from=resumed_from,
        started_at=row.started_at,
        finished_at=row.finished_at,
        problem=problem,
    )


def _day(instant: datetime, services: Any) -> date:
    return date.fromordinal(local_day(instant, services.settings.time_zone))


def _told(entry: Mapping[str, Any]) -> Refusal:
    complaint = Complaint(entry["where"], entry["code"], entry["message_fr"], entry["message_en"])
    return Refusal(entry["line"], entry["outcome"], complaint)

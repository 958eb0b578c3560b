"""Import a file of anything but orders: batches, each with the line it reached; or checked without leaving a trace.

What a line holds and where it goes is a `Kind` (`kinds.py`); resuming, receipts and refusals are the same for all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from surveyor.core.calendar import local_day
from surveyor.db import imports
from surveyor.db.imported import Stored
from surveyor.db.imports import ImportRow
from surveyor.errors import Complaint, Refused
from surveyor.flows.file_passages import batch_committed, batch_reached
from surveyor.flows.import_orders import sha256_of
from surveyor.flows.import_orders.batches import ImportOvertaken, batches
from surveyor.flows.import_orders.receipt import Refusal
from surveyor.ingest.complaints import complain
from surveyor.ingest.encodings import encoding_of
from surveyor.ingest.files import Row, rows_of

__all__ = ["ImportOvertaken", "Kind", "LinesReceipt", "Means", "Options", "import_lines"]

#: A line of the file as it is kept, by column; `ref` "" when the file numbers nothing.
Values = dict[str, Any]
#: A refusal and the cells of its line (none when it could not be cut into cells).
OnRefusal = Callable[[Refusal, Mapping[str, Any]], None]


class Kind(Protocol):
    """What lines of one kind hold and where they go."""

    @property
    def name(self) -> str:
        """What files of this kind are called: responses, costs…"""

    @property
    def source(self) -> str:
        """The name under which its lines are known again."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What a file must have."""

    def prepare(self, session: Any) -> None:
        """Read once what lines are matched with."""

    def read(self, content: Mapping[str, Any], line: int, now: datetime) -> Values:
        """The values of one line. Raises Refused."""

    def store(self, session: Any, rows: Sequence[Values], now: datetime) -> Stored:
        """Keep them; `ref` and `content_sha256` are filled."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read. encoding: a name, or "auto". dry_run: everything is checked, nothing stays."""

    encoding: str = "auto"
    dry_run: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Means:
    """The installation, and who is told of refusals and of rows read."""

    sessions: Any
    zone: str
    on_refusal: OnRefusal = lambda _refusal, _cells: None
    on_progress: Callable[[int], None] = lambda _rows: None


@dataclass(frozen=True, slots=True)
class LinesReceipt:
    """One file: every row was accepted, a duplicate, a conflict or rejected. problem: of the file as a whole."""

    file: str
    kind: str
    source: str
    encoding: str = ""
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    resumed_from: int = 0
    dry_run: bool = False
    problem: Complaint | None = None

    @property
    def rows(self) -> int:
        """Rows received."""
        return self.accepted + self.duplicates + self.conflicts + self.rejected

    @property
    def already_imported(self) -> bool:
        """Whether the same content came from this source before, to its end."""
        return self.problem is not None and self.problem.code == "file_already_imported"

    @property
    def ok(self) -> bool:
        """Whether nothing of it needs a person."""
        return self.already_imported or not (self.problem or self.rejected or self.conflicts)


def import_lines(
    kind: Kind, path: Path, means: Means, *, options: Options, now: Callable[[], datetime]
) -> LinesReceipt:
    """Import one CSV or NDJSON file in constant memory; the receipt, when everything is committed.

    A run that was killed goes on where its last commit ended; the same file again stores nothing. A file that ended
    with rejected lines is read again. A dry run says what would happen and leaves nothing (a line that repeats one more
    than a thousand lines above counts as new there). Never raises for what is in the file. Raises ImportOvertaken.
    """
    name = options.name or path.name
    try:
        digest = sha256_of(path)
        encoding = encoding_of(path, options.encoding)
    except OSError:
        problem = complain("file_missing", options.name or str(path))
        return LinesReceipt(name, kind.name, kind.source, problem=problem)
    except Refused as refused:
        return LinesReceipt(name, kind.name, kind.source, problem=refused.complaints[0])
    run = _Run(kind, means, options, encoding, now)
    return run.over(path, name, digest)


@dataclass(slots=True)
class _Run:
    """One reading of a file."""

    kind: Kind
    means: Means
    options: Options
    encoding: str
    now: Callable[[], datetime]
    counts: Counter[str] = field(default_factory=Counter)
    seen: Counter[bytes] = field(default_factory=Counter)
    row: ImportRow | None = None

    def over(self, path: Path, name: str, digest: bytes) -> LinesReceipt:
        """Read to the end."""
        key = f"{self.kind.name}:{self.kind.source}"
        known = None if self.options.dry_run else self._known(digest, key)
        if known is not None and known.finished_at is not None:
            day = date.fromordinal(local_day(known.finished_at, self.means.zone)).isoformat()
            problem = complain("file_already_imported", "FILE", day=day)
            return replace(self._receipt(name, 0, problem), duplicates=known.rows)
        self.row = known
        reached = known.line if known else 0
        return self._receipt(name, reached, self._read(path, name, digest, key, reached))

    def _read(self, path: Path, name: str, digest: bytes, key: str, reached: int) -> Complaint | None:
        with self.means.sessions() as session:
            self.kind.prepare(session)
        try:
            for batch in batches(rows_of(path, encoding=self.encoding, columns=self.kind.columns)):
                instant = self.now()
                taken, refused = self._values(batch, instant)
                fresh = [one for one in taken if one[0] >= reached]
                told = [one for one in refused if one[0].line >= reached]
                if self.row is None and not self.options.dry_run:
                    self.row = self._begin(name, digest, key, instant)
                if batch[-1].next_line > reached:
                    self._take(fresh, told, was=reached, line=batch[-1].next_line, now=instant)
                    reached = batch[-1].next_line
                for one in refused:
                    self.means.on_refusal(*one)
                self.means.on_progress(len(batch))
        except Refused as refused_:
            return refused_.complaints[0]
        if self.row is not None:
            with self.means.sessions.begin() as session:
                self.row = imports.finish(session, self.row.id, now=self.now())
        return None

    def _values(
        self, batch: Sequence[Row], now: datetime
    ) -> tuple[list[tuple[int, Values]], list[tuple[Refusal, Mapping[str, Any]]]]:
        """The lines that hold something, each numbered, and the refusals of the others."""
        taken: list[tuple[int, Values]] = []
        refused: list[tuple[Refusal, Mapping[str, Any]]] = []
        for row in batch:
            if isinstance(row.content, Complaint):
                refused.append((Refusal(row.line, "rejected", row.content), {}))
                continue
            try:
                values = self.kind.read(row.content, row.line, now)
            except Refused as wrong:
                refused.append((Refusal(row.line, "rejected", wrong.complaints[0]), row.content))
                continue
            taken.append((row.line, self._numbered(values)))
        return taken, refused

    def _numbered(self, values: Values) -> Values:
        """With its content's hash, and a number of its own when the file gives none: the n-th line like it."""
        plain = {name: value for name, value in values.items() if name != "ref"}
        digest = hashlib.sha256(msgspec.json.encode(plain)).digest()
        ref = values["ref"]
        if not ref:
            short = digest[:8]
            self.seen[short] += 1
            ref = f"{digest[:16].hex()}-{self.seen[short]}"
        return {**values, "ref": ref, "content_sha256": digest}

    def _take(
        self,
        rows: list[tuple[int, Values]],
        refused: list[tuple[Refusal, Mapping[str, Any]]],
        *,
        was: int,
        line: int,
        now: datetime,
    ) -> None:
        """Store rows and the line reached together."""
        first: dict[str, tuple[int, Values]] = {}
        again: list[tuple[int, Values]] = []
        for number, values in rows:
            if values["ref"] in first:
                again.append((number, values))
            else:
                first[values["ref"]] = (number, values)
        with self.means.sessions() as session:
            stored = self.kind.store(session, [values for _, values in first.values()], now)
            conflicts = self._conflicts(first, again, stored)
            counts = {
                "accepted": len(stored.new) + len(stored.replaced),
                "conflicts": len(conflicts),
                "rejected": len(refused),
            }
            counts["duplicates"] = len(rows) - counts["accepted"] - counts["conflicts"]
            if self.row is not None:
                sample = [one.to_json() | {"outcome": str(one.outcome)} for one, _ in (*refused, *conflicts)]
                if not imports.reach(session, self.row.id, was=was, line=line, counts=counts, refusals=sample):
                    raise ImportOvertaken("another process is importing the same file: let it end, or start again")
                batch_reached()
                session.commit()
                batch_committed()
            else:
                session.rollback()
        self.counts.update(counts)
        for one in conflicts:
            self.means.on_refusal(*one)

    def _conflicts(
        self, first: Mapping[str, tuple[int, Values]], again: Sequence[tuple[int, Values]], stored: Stored
    ) -> list[tuple[Refusal, Mapping[str, Any]]]:
        lines = [first[ref][0] for ref in stored.differing]
        lines += [n for n, values in again if values["content_sha256"] != first[values["ref"]][1]["content_sha256"]]
        names = {number: values["ref"] for number, values in (*first.values(), *again)}
        return [
            (Refusal(line, "conflict", complain("line_conflict", f"{line}:id", names[line])), {})
            for line in sorted(lines)
        ]

    def _begin(self, name: str, digest: bytes, key: str, now: datetime) -> ImportRow:
        with self.means.sessions.begin() as session:
            return imports.begin(session, sha256=digest, source=key, name=name, history=False, now=now)

    def _known(self, digest: bytes, key: str) -> ImportRow | None:
        """What an earlier run left; one that ended with rejected lines starts over."""
        with self.means.sessions.begin() as session:
            row = imports.find(session, sha256=digest, source=key)
            if row is not None and row.finished_at is not None and (row.rejected or row.conflicts):
                imports.again(session, row, history=False, now=self.now())
                row = imports.find(session, sha256=digest, source=key)
            return row

    def _receipt(self, name: str, resumed_from: int, problem: Complaint | None) -> LinesReceipt:
        told = self.counts if self.row is None else {n: getattr(self.row, n) for n in imports.COUNTS}
        return LinesReceipt(
            name,
            self.kind.name,
            self.kind.source,
            self.encoding,
            **{one: told.get(one, 0) for one in imports.COUNTS},
            resumed_from=resumed_from,
            dry_run=self.options.dry_run,
            problem=problem,
        )

"""The receipt of an import: counts and every refused line, written as they come: a large file costs no memory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

import click

from surveyor.cli import say

if TYPE_CHECKING:
    from surveyor.errors import Complaint
    from surveyor.flows.import_orders import ImportReceipt, Refusal
    from surveyor.flows.import_reference import Declared

SHOWN = 100
COUNTS = ("accepted", "duplicates", "conflicts", "rejected")


class Receipts:
    """Collects what became of files. `file`: where the whole receipt goes, one JSON object, in place at the end."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.good = True
        self.report: dict[str, Any] = {}
        self.files: list[dict[str, Any]] = []
        self.shown: list[dict[str, Any]] = []
        self.number = 0
        self.current = ""
        self._draft: TextIO | None = None

    def __enter__(self) -> Receipts:
        if self.file is not None:
            draft = self.file.with_name(f".{self.file.name}.{os.getpid()}")
            try:
                self._draft = draft.open("w", encoding="utf-8")
            except OSError as wrong:
                raise click.UsageError(f"--receipt {self.file}: {wrong.strerror}") from None
            self._draft.write('{"refused": [')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._draft is not None:
            self._draft.close()
            Path(self._draft.name).unlink(missing_ok=True)

    @property
    def status(self) -> int:
        """0 when nothing needs a person, 2 when a file could not be read at all, else 1."""
        missing = any(one["problem"] and one["problem"]["code"] == "file_missing" for one in self.files)
        return 2 if missing else 0 if self.good else 1

    def begin(self, file: str) -> None:
        """The refusals that follow are of this file."""
        self.current = file

    def refused(self, refusal: Refusal) -> None:
        """One line that was refused or conflicts with an earlier one."""
        self._write({"file": self.current, "outcome": refusal.outcome, **refusal.to_json()})

    def declared(self, kind: str, found: Declared) -> None:
        """What a file of stores or customers did."""
        self.report[kind] = {"added": found.added, "changed": found.changed, "refused": len(found.refused)}
        self.good = self.good and not found.refused
        for complaint in found.refused:
            self._write({"file": kind, "outcome": "rejected", **_told(complaint)})

    def imported(self, receipt: ImportReceipt) -> None:
        """The end of one file."""
        shown = ("file", "source", "sha256", "history", "rows", *COUNTS, "resumed_from", "already_imported")
        whole = {name: getattr(receipt, name) for name in shown}
        times = {"started_at": receipt.started_at, "finished_at": receipt.finished_at}
        self.files.append({**whole, **times, "problem": _told(receipt.problem) if receipt.problem else None})
        self.good = self.good and receipt.ok

    def done(self) -> dict[str, Any]:
        """What is printed: counts, and the first refused lines; the receipt's file has them all."""
        counts = {name: sum(one[name] for one in self.files) for name in COUNTS}
        self.report |= {"ok": self.good, **counts, "files": self.files}
        if self._draft is not None and self.file is not None:
            rest = json.dumps(self.report, default=say.plain, ensure_ascii=False)
            self._draft.write("\n], " + rest.removeprefix("{") + "\n")
            self._draft.flush()
            os.fsync(self._draft.fileno())
            Path(self._draft.name).replace(self.file)
        return {**self.report, "refused": self.shown, "refused_not_shown": self.number - len(self.shown)}

    def _write(self, entry: dict[str, Any]) -> None:
        self.number += 1
        if len(self.shown) < SHOWN:
            self.shown.append(entry)
        if self._draft is not None:
            self._draft.write((",\n " if self.number > 1 else "\n ") + json.dumps(entry, ensure_ascii=False))


def _told(complaint: Complaint) -> dict[str, Any]:
    line = complaint.where.partition(":")[0]
    return {
        "line": int(line) if line.isdigit() else 0,
        "where": complaint.where,
        "code": complaint.code,
        "message": complaint.message_en,
        "message_fr": complaint.message_fr,
        "message_en": complaint.message_en,
    }

"""What became of a file of order events: counts, refused lines, and whether it had been here before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.errors import Complaint


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line that was not simply taken. outcome: "rejected" (not remembered) or "conflict" (kept aside)."""

    line: int
    outcome: str
    complaint: Complaint

    def to_json(self) -> dict[str, Any]:
        """The entry of the receipt, in both languages; `field` is "" when the whole line is meant."""
        told = self.complaint
        line, _, name = told.where.partition(":")
        return {
            "line": self.line,
            "where": told.where,
            "code": told.code,
            "field": name if line.isdigit() and not name.isdigit() else "",
            "message": told.message_en,
            "message_fr": told.message_fr,
            "message_en": told.message_en,
        }


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """One file and source; given once everything counted is committed.

    problem: what is wrong with the file as a whole, `file_already_imported` included (then `duplicates` are its rows).
    resumed_from: the line at which a run that was stopped before goes on, 0 for a first run.
    """

    file: str
    source: str
    sha256: str
    history: bool = False
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    resumed_from: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    problem: Complaint | None = None

    @property
    def rows(self) -> int:
        """Rows received: each one was accepted, a duplicate, a conflict or rejected."""
        return self.accepted + self.duplicates + self.conflicts + self.rejected

    @property
    def already_imported(self) -> bool:
        """Whether the same content came from this source before, to its end."""
        return self.problem is not None and self.problem.code == "file_already_imported"

    @property
    def ok(self) -> bool:
        """Whether nothing of it needs a person."""
        return self.already_imported or not (self.problem or self.rejected or self.conflicts)

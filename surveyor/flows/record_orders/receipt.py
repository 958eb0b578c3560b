"""What became of each order event that came in: the answer to its source, given after the commit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from surveyor.errors import Complaint


class Outcome(StrEnum):
    """accepted: stored now. duplicate: known, nothing changed. conflict: known with other content, kept aside."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One event's outcome. complaint: why it was rejected; fields: of a conflict, what differs from the first."""

    outcome: Outcome
    complaint: Complaint | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """One verdict per event, in the order in which they were given."""

    verdicts: tuple[Verdict, ...]

    def count(self, outcome: Outcome) -> int:
        """How many events had this outcome."""
        return sum(verdict.outcome is outcome for verdict in self.verdicts)

    @property
    def accepted(self) -> int:
        """Events stored by this call."""
        return self.count(Outcome.ACCEPTED)

    @property
    def duplicates(self) -> int:
        """Events that were known already, or came twice in the batch."""
        return self.count(Outcome.DUPLICATE)

    @property
    def conflicts(self) -> int:
        """Events whose id is known with other content."""
        return self.count(Outcome.CONFLICT)

    @property
    def rejected(self) -> int:
        """Events that were refused and not remembered."""
        return self.count(Outcome.REJECTED)

"""What a stream or a topic carries: entries of one event or many, read in their turn, acknowledged when kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from surveyor.core.orders import OrderEvent
from surveyor.errors import Refused
from surveyor.ingest.complaints import complain
from surveyor.ingest.payload import MAX_BODY, BadEvent, read_events

NO_DATA = ("champ « data » absent", 'no "data" field')
TOO_LARGE = ("plus de 2 Mio, copie tronquée", "more than 2 MiB, copy truncated")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it came, not yet read: what it says may be bad enough to end a process.

    id: unique in where it came from. ndjson: up to 1000 lines, else one event. deliveries: how often it was handed
    out, this time included. wrong: why it cannot even be read (French, English). place: what acknowledges it.
    """

    id: str
    source: str
    raw: bytes
    ndjson: bool = False
    deliveries: int = 1
    wrong: tuple[str, str] | None = None
    place: object = None

    @property
    def size(self) -> int:
        """About how many events it holds, at least 1, without reading it."""
        return max(self.raw.count(b'"event_id"'), 1)

    def events(self, *, now: datetime) -> list[OrderEvent | BadEvent]:
        """Its events with their verdicts. Raises Refused (`stream_entry_invalid`) when it cannot be read as a whole."""
        if self.wrong is not None:
            raise self._unusable(*self.wrong)
        if len(self.raw) > MAX_BODY:
            raise self._unusable(*TOO_LARGE)
        try:
            return read_events(self.raw, now=now, ndjson=self.ndjson)
        except Refused as refused:
            first = refused.complaints[0]
            raise self._unusable(first.message_fr.rstrip("."), first.message_en.rstrip(".")) from None

    def _unusable(self, what_fr: str, what_en: str) -> Refused:
        return Refused([complain("stream_entry_invalid", self.id, what_fr=what_fr, what_en=what_en)])


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries that were deleted before anybody read them: they cannot be had back, but they are seen.

    where: stream, or topic and partition. lost: how many, 0 when that is not known.
    """

    where: str
    lost: int


class EntrySource(Protocol):
    """Where entries come from. Calls may raise what the client raises: nothing is lost by that, nothing was acked."""

    def prepare(self) -> None:
        """Make ready to read; harmless when it was done already."""

    def read(self, *, block_ms: int) -> list[Entry]:
        """Entries to record together, about 1000 events or 50 ms of them; waits up to `block_ms` for the first."""

    def overdue(self) -> list[Entry]:
        """Entries that a consumer which is gone had read and never acknowledged."""

    def ack(self, entries: Sequence[Entry]) -> None:
        """These are in the database; only ever called after the commit."""

    def again(self) -> None:
        """What was read and not acknowledged is to be read again, before anything new."""

    def gaps(self) -> list[Gap]:
        """What was found missing since this was asked last."""

    def close(self) -> None:
        """Let go of the connection."""

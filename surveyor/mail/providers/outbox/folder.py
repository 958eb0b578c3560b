"""The emails that an outbox holds, as its screen lists and shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from uuid import UUID

NEW, TMP = "new", "tmp"


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One line of the list; texts are a customer's data, to be escaped where they are shown."""

    email_id: UUID
    attempt: int
    kind: str
    language: str
    to: str
    subject: str
    date: str


@dataclass(frozen=True, slots=True)
class OutboxEmail:
    """One email opened again. html: for an `<iframe sandbox>` alone."""

    entry: OutboxEntry
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    raw: bytes


class Outbox:
    """The folder itself: newest first, since an email id tells its instant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Create `new/` and `tmp/` when they are missing."""
        for name in (NEW, TMP):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def count(self) -> int:
        """How many emails there are."""
        return len(self._ids())

    def entries(self, *, limit: int = 50, offset: int = 0) -> list[OutboxEntry]:
        """A page of the list, newest first."""
        return [self._entry(name) for name in self._ids()[offset : offset + limit]]

    def open(self, email_id: UUID) -> OutboxEmail | None:
        """One email, parsed; None when it is not there."""
        try:
            raw = (self.folder / NEW / f"{email_id.hex}.eml").read_bytes()
        except FileNotFoundError:
            return None
        parsed = BytesParser(policy=policy.SMTP).parsebytes(raw)
        headers = tuple((name, str(value)) for name, value in parsed.items())
        parts = [_content(parsed, subtype) for subtype in ("plain", "html")]
        return OutboxEmail(self._entry(email_id.hex), headers, parts[0], parts[1], raw)

    def forget(self, email_ids: Iterable[UUID]) -> int:
        """Delete the files of these emails, drafts included; how many there were."""
        wanted = {email_id.hex for email_id in email_ids}
        gone = 0
        for folder in (self.folder / NEW, self.folder / TMP):
            for path in folder.iterdir() if wanted and folder.is_dir() else ():
                if path.name.partition(".")[0] in wanted:
                    path.unlink(missing_ok=True)
                    gone += 1
        return gone

    def expire(self, before: datetime, *, dry: bool = False) -> int:
        """Delete the files that were last written before an instant; how many (dry: would be)."""
        gone = 0
        for folder in (self.folder / NEW, self.folder / TMP):
            for path in folder.iterdir() if folder.is_dir() else ():
                try:
                    over = path.stat().st_mtime < before.timestamp()
                except FileNotFoundError:
                    continue
                if over and not dry:
                    path.unlink(missing_ok=True)
                gone += int(over)
        return gone

    def _ids(self) -> list[str]:
        try:
            names = [path.name for path in (self.folder / NEW).iterdir()]
        except FileNotFoundError:
            return []
        return sorted((name.removesuffix(".eml") for name in names if name.endswith(".eml")), reverse=True)

    def _entry(self, name: str) -> OutboxEntry:
        try:
            facts = json.loads((self.folder / NEW / f"{name}.json").read_text("utf-8"))
        except (OSError, ValueError):
            facts = {}
        said = {key: str(facts.get(key, "")) for key in ("kind", "language", "envelope_to", "subject", "date")}
        return OutboxEntry(
            UUID(name),
            int(facts.get("attempt", 0)),
            said["kind"],
            said["language"],
            said["envelope_to"],
            said["subject"],
            said["date"],
        )


def _content(parsed: EmailMessage, subtype: str) -> str:
    part = parsed.get_body((subtype,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""

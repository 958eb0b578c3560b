"""The provider of the embedded set-up: each email becomes one `.eml` file, once, and the whole product runs offline."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from surveyor.errors import SettingsError
from surveyor.mail.message import Message
from surveyor.mail.providers import ProviderSettings
from surveyor.mail.providers.base import (
    Absent,
    Accepted,
    Capabilities,
    ChannelError,
    Ended,
    Found,
    InDoubtError,
    ProviderError,
    ProviderEvent,
    TransientError,
    Unknown,
    nothing,
)
from surveyor.mail.providers.outbox.folder import NEW, TMP, Outbox
from surveyor.mail.providers.passages import connected, half_sent
from surveyor.mail.wire import reference

__all__ = ["Outbox", "OutboxProvider", "from_url"]


class OutboxProvider:
    """Writes `tmp/<email id>.<attempt>`, then links it to `new/<email id>.eml`: the link is the acceptance.

    A name that exists is never written again, so that a second hand-over is impossible and `lookup` is exact.
    `synced` False leaves flushing to the system: for a demo network, whose emails can be made again.
    """

    name = "outbox"
    capabilities = Capabilities(group=200, call_seconds=10, lookup="exact", events=True, sandbox=False)

    def __init__(self, folder: Path, *, synced: bool = True) -> None:
        self.folder = folder
        self.outbox = Outbox(folder)
        self._synced = synced

    def send(self, message: Message) -> Accepted:
        """See `Provider.send`. Before the link nothing is accepted; after it, only the flush can be in doubt."""
        ended = self.send_group([message])[0]
        if isinstance(ended, Accepted):
            return ended
        raise ended

    def send_group(self, messages: Sequence[Message], meanwhile: Callable[[], object] = nothing) -> list[Ended]:
        """See `Together.send_group`: each file is flushed, the folder once for all of them. Nobody is waited for."""
        ended: list[Ended] = []
        for message in messages:
            try:
                ended.append(self._link(message))
            except Exception as error:  # that of this email alone
                ended.append(error)
        try:
            self._flush(self.folder / NEW)
        except OSError as fault:
            lost = InDoubtError(f"outbox: {type(fault).__name__} after the link")
            return [lost if isinstance(end, Accepted) else end for end in ended]
        for message in messages:
            self._draft(message).unlink(missing_ok=True)
        return ended

    def _link(self, message: Message) -> Accepted:
        """Into `new/`, where a name that exists is never written again; not yet safe from a power cut."""
        target = self.folder / NEW / f"{message.id_text}.eml"
        draft = self._draft(message)
        beside = draft.with_suffix(draft.suffix + ".json")
        self._before(lambda: self._write(draft, beside, message))
        half_sent()
        try:
            beside.replace(target.with_suffix(".json"))
            os.link(draft, target)
        except FileExistsError:
            return Accepted(message.id_text, "already in the outbox")
        except OSError as fault:
            raise _refused(fault) from fault
        return Accepted(message.id_text, f"outbox {target.name}")

    def _draft(self, message: Message) -> Path:
        return self.folder / TMP / f"{message.id_text}.{message.attempt}"

    def probe(self) -> None:
        """Writes and takes away a file in `tmp/`."""
        self._before(self._try_writing)

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Found | Absent | Unknown:
        """Exact: the file is there, or it is not."""
        try:
            (self.folder / NEW / f"{email_id.hex}.eml").stat()
        except FileNotFoundError:
            return Absent("no such file") if (self.folder / NEW).is_dir() else Unknown("no outbox folder")
        except OSError as fault:
            return Unknown(type(fault).__name__)
        return Found(email_id.hex, f"outbox {email_id.hex}.eml")

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """Nothing comes in over HTTP."""
        return False

    def parse(self, raw: bytes) -> list[ProviderEvent]:
        """Nothing comes in over HTTP."""
        return []

    def close(self) -> None:
        """Nothing to give back."""

    def _before(self, act: Callable[[], None]) -> None:
        try:
            self.outbox.make()
            connected()
            act()
        except OSError as fault:
            raise _refused(fault) from fault

    def _write(self, draft: Path, beside: Path, message: Message) -> None:
        facts = {
            "email_id": message.id_text,
            "attempt": message.attempt,
            "kind": message.kind,
            "language": message.language,
            "envelope_from": message.envelope_sender,
            "envelope_to": message.address,
            "subject": message.subject,
            "date": message.date,
        }
        beside.write_text(json.dumps(facts, ensure_ascii=False), "utf-8")
        with draft.open("wb") as file:
            file.write(message.wire if message.wire is not None else reference(message))
            file.flush()
            if self._synced:
                os.fsync(file.fileno())

    def _flush(self, folder: Path) -> None:
        if not self._synced:
            return
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _try_writing(self) -> None:
        trial = self.folder / TMP / f"probe.{os.getpid()}"
        trial.write_bytes(b"probe")
        trial.unlink()


def _refused(fault: OSError) -> ProviderError:
    """A full disk passes; a folder that may not be written needs a person."""
    evidence = f"outbox: {type(fault).__name__} {os.strerror(fault.errno) if fault.errno else ''}".strip()
    if isinstance(fault, PermissionError | NotADirectoryError):
        return ChannelError(evidence)
    return TransientError(evidence)


def from_url(settings: ProviderSettings) -> OutboxProvider:
    """`outbox:///path/to/folder?sync=1`; a relative path is taken as it stands (`outbox://var/outbox`)."""
    path = settings.url.netloc + settings.url.path
    if not path.strip("/"):
        raise SettingsError("SURVEYOR_MAIL_URL: outbox:// is followed by the path of a folder")
    return OutboxProvider(Path(path), synced=settings.options.get("sync", "1") != "0")

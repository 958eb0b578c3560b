"""The mailbox to which bounces come back: messages out of an IMAP folder or a maildir, each let go once it is kept."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from surveyor.errors import SettingsError, SurveyorError

#: What one look takes at most, how much of one message, and how long the server may take.
MESSAGES = 200
LARGEST = 1 << 20
SECONDS = 10.0
Message = tuple[bytes, Callable[[], None]]


class MailboxError(SurveyorError):
    """The mailbox of bounces cannot be read now; its text names no password."""

    code = "mailbox"


def read_mailbox(url: str) -> Iterator[Message]:
    """Each waiting message with what lets it go, to be called once it is kept; a kill in between reads it again.

    url: `imaps://USER:PASSWORD@HOST/FOLDER` or `imap://` (STARTTLS, but on this machine): messages are deleted, or
    with `?keep=1` marked as seen. `maildir:///FOLDER`: from `new` to `cur`.

    Raises:
        SettingsError: the address is none of these. MailboxError: the server or the folder cannot be read.
    """
    parts = urlsplit(url)
    if parts.scheme == "maildir":
        yield from _maildir(Path(unquote(parts.path)))
    elif parts.scheme in ("imap", "imaps") and parts.hostname:
        try:
            yield from _imap(parts)
        except (OSError, imaplib.IMAP4.error) as wrong:
            raise MailboxError(f"{parts.scheme}://{parts.hostname}: {type(wrong).__name__}") from wrong
    else:
        raise SettingsError("SURVEYOR_BOUNCES_URL: expected imaps://USER:PASSWORD@HOST/FOLDER or maildir:///FOLDER")


def _maildir(folder: Path) -> Iterator[Message]:
    new, seen = folder / "new", folder / "cur"
    try:
        names = sorted(path.name for path in new.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as wrong:
        raise MailboxError(f"maildir: {type(wrong).__name__}") from wrong
    for name in names[:MESSAGES]:
        path = new / name
        try:
            with path.open("rb") as file:
                raw = file.read(LARGEST)
        except FileNotFoundError:
            continue  # another worker was faster
        yield raw, lambda path=path: _seen(path, seen)  # type: ignore[misc]


def _seen(path: Path, seen: Path) -> None:
    seen.mkdir(exist_ok=True)
    path.rename(seen / f"{path.name}:2,S")


def _imap(parts: SplitResult) -> Iterator[Message]:
    keep = dict(parse_qsl(parts.query)).get("keep") == "1"
    with _connected(parts) as server:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        _good(server.select(f'"{folder}"'))
        found = _good(server.uid("SEARCH", "UNSEEN" if keep else "UNDELETED"))
        for number in (found[0] or b"").split()[:MESSAGES]:
            uid = number.decode("ascii")
            raw = _body(_good(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")))
            flag = r"(\Seen)" if keep else r"(\Deleted)"
            yield raw, lambda uid=uid, flag=flag: _flag(server, uid, flag)  # type: ignore[misc]
        if not keep:
            server.expunge()


def _connected(parts: SplitResult) -> imaplib.IMAP4:
    host = parts.hostname or ""
    context = ssl.create_default_context()
    if parts.scheme == "imaps":
        return imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=SECONDS)
    server = imaplib.IMAP4(host, parts.port or 143, timeout=SECONDS)
    if host not in ("localhost", "127.0.0.1", "::1"):
        server.starttls(context)
    return server


def _flag(server: imaplib.IMAP4, uid: str, flag: str) -> None:
    _good(server.uid("STORE", uid, "+FLAGS.SILENT", flag))


def _good(answer: tuple[str, Any]) -> list[Any]:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error("refused")
    return list(data)


def _body(data: list[Any]) -> bytes:
    """The literal of a FETCH; a message that is gone meanwhile is empty."""
    return next((bytes(one[1]) for one in data if isinstance(one, tuple) and len(one) > 1), b"")

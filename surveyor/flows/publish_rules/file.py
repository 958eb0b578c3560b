"""rules.toml on disk follows the version in force: whole or not at all, written after the commit."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from surveyor.core.rules import export_text, without_header
from surveyor.core.rules.check import MAX_BYTES
from surveyor.db import rules
from surveyor.db.rules import Version

#: Where the rules in force are written, in the home of the installation.
RULES_FILE = "rules.toml"


def write_file(path: Path, version: Version) -> None:
    """Write the text under a header that says which version it is: temporary file, fsync, rename."""
    text = export_text(version.text, version=version.number, published_at=version.published_at, author=version.author)
    handle, temporary = tempfile.mkstemp(prefix=".rules-", suffix=".toml", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def sync_file(sessions: Any, path: Path) -> bool:
    """Write the file again when it is missing or an older version; True when it was written.

    The clock calls it: a crash between commit and rename is repaired. A text that is no version of ours was written
    by a person: it stays, and becomes a version only when they publish it.
    """
    with sessions.begin() as session:
        found = rules.active(session)
        if found is None:
            return False
        try:
            then = rules.sha256(read_file(path))
        except FileNotFoundError:
            then = None
        except (OSError, UnicodeDecodeError):
            return False
        if then == found[1] or (then is not None and not rules.is_version(session, then)):
            return False
        version = rules.version(session, found[0])
    assert version is not None  # a version is never taken away
    write_file(path, version)
    return True


def edited_by_hand(session: Any, path: Path) -> str | None:
    """The text that a person wrote into the file and nobody published; None when it is a version of ours, or unread.

    Nothing activates by itself: the screens offer it as a draft.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        text = read_file(path)
    except (OSError, UnicodeDecodeError):
        return None
    return None if rules.is_version(session, rules.sha256(text)) else text


def read_file(path: Path) -> str:
    """The text under the header, with its line ends as they are: a version is kept to the byte. Raises OSError,
    UnicodeDecodeError."""
    return without_header(path.read_bytes().decode())

"""Keep a file that somebody sent until its columns are known: outside of the web root, named by us, a week at most."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from surveyor.db import audit
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

ACTION = "import.sent"
AN_HOUR, MOST = timedelta(hours=1), 10
KEPT = timedelta(days=7)
_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


def stage_import(sessions: Any, home: Path, raw: bytes, *, by: Actor, now: datetime) -> str:
    """Keep the file; its key. Raises Refused (429) for the eleventh of a person in an hour."""
    key = secrets.token_hex(16)
    entry = audit.Entry(by.name, ACTION, f"import:{key}", after={"bytes": len(raw)}, ip_prefix=by.ip_prefix)
    with sessions.begin() as session:
        audit.append(session, entry, now=now)
        if audit.count_of(session, by.name, ACTION, since=now - AN_HOUR) > MOST:
            fr = f"{MOST} fichiers par heure et par personne. Réessayez dans une heure."
            en = f"{MOST} files an hour for each person. Try again in an hour."
            raise Refused([Complaint("file", "rate_limited", fr, en)], status=429)
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob("*.csv"):
        if old.stat().st_mtime < (now - KEPT).timestamp():
            old.unlink(missing_ok=True)
    draft = folder / f".{key}"
    draft.write_bytes(raw)
    draft.chmod(0o600)
    draft.replace(folder / f"{key}.csv")
    return key


def staged(home: Path, key: str) -> Path:
    """The file of a key. Raises NotFound when it is none of ours, or its week is over."""
    path = _folder(home) / f"{key}.csv"
    if not _KEY.fullmatch(key) or not path.is_file():
        raise NotFound("import")
    return path


def drop_staged(home: Path, key: str) -> None:
    """The file is not needed any more."""
    staged(home, key).unlink(missing_ok=True)


def _folder(home: Path) -> Path:
    return home / "imports"

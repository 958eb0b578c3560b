"""Where the epoch of a database is copied to, so that an older copy of it can be told: a file, and Redis if any."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from surveyor.core.guard import installation_name
from surveyor.settings import Settings

FILE = "epoch"


def read(settings: Settings, client: Any = None) -> list[int | None]:
    """The epochs that the witnesses know; None for one that is new, away or unreadable."""
    found = [_of_file(settings.home / FILE)]
    if client is not None:
        found.append(_of_redis(client, _key(settings)))
    return found


def write(settings: Settings, epoch: int, client: Any = None) -> None:
    """Copy the epoch to every witness; one that is away keeps what it knows."""
    path = settings.home / FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    draft.write_text(f"{epoch}\n", "ascii")
    draft.replace(path)
    if client is not None:
        try:
            client.set(_key(settings), epoch)
        except Exception:  # Redis is only a witness: whatever is wrong with it, the next minute asks again
            return


def _of_file(path: Path) -> int | None:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _of_redis(client: Any, key: str) -> int | None:
    try:
        said = client.get(key)
        return None if said is None else int(said)
    except Exception:  # as above: a witness that says nothing
        return None


def _key(settings: Settings) -> str:
    return f"surveyor:epoch:{installation_name(settings.base_url)[:16]}"

"""Backups of everything between order and indicator: one sealed file a backup, for keys that are kept elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.engine import make_url

from surveyor.db.backups.age import PUBLIC, SECRET, SealError, Sealing, keys_in, new_identity, opened
from surveyor.db.backups.engines import NO_TOOLS, BackupError, Tools, dump, restore

__all__ = [
    "PUBLIC",
    "SECRET",
    "BackupError",
    "SealError",
    "Tools",
    "keys_in",
    "new_identity",
    "newest",
    "restore_file",
    "thin_out",
    "write_backup",
]

_ENDS = {"sqlite": "db.gz.age", "postgresql": "pgdump.age"}
_NAME = re.compile(r"surveyor-(\d{8}T\d{6}Z)\.(?:db\.gz|pgdump)\.age", re.ASCII)
_STAMP = "%Y%m%dT%H%M%SZ"


def write_backup(
    url: str, folder: Path, recipients: Sequence[bytes], *, now: datetime, tools: Tools = NO_TOOLS
) -> Path:
    """The database at `url` as a new sealed file of `folder`, durable and whole before it has its name.

    Raises BackupError, SealError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"surveyor-{now.astimezone(UTC):{_STAMP}}.{_ENDS[make_url(url).get_backend_name()]}"
    draft = folder / f".{name}.{os.getpid()}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            sealing = Sealing(file, recipients)
            dump(url, sealing, folder=folder, tools=tools)
            sealing.finish()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
    _durable(folder)
    return folder / name


def restore_file(file: Path, identities: Sequence[bytes], url: str, *, tools: Tools = NO_TOOLS) -> None:
    """Open a backup into an empty database. Raises what `restore` and `opened` raise."""
    with _reading(file) as read:
        restore(opened(read, identities), url, tools=tools)


def newest(folder: Path) -> Path | None:
    """The backup of a folder that was made last."""
    return max(_backups(folder), default=None, key=lambda path: path.name[9:25])


def thin_out(folder: Path, *, days: int, now: datetime) -> list[Path]:
    """Delete the backups that are older; other files of the folder are left alone."""
    before = f"{(now - timedelta(days=days)).astimezone(UTC):{_STAMP}}"
    old = [path for path in _backups(folder) if path.name[9:25] < before]
    for path in old:
        path.unlink(missing_ok=True)
    return old


def _backups(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


@contextmanager
def _reading(file: Path) -> Iterator[BinaryIO]:
    try:
        read = file.open("rb")
    except OSError as wrong:
        raise BackupError(f"{file} cannot be read: {wrong.strerror}") from None
    with read:
        yield read


def _durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

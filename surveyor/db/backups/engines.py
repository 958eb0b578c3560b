"""A whole database of the line as a stream of bytes, and back: SQLite as gzip of its file, PostgreSQL as `pg_dump`.

Both are what the engines' own tools read: `gunzip`, and `pg_restore` of the custom format.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import inspect
from sqlalchemy.engine import URL, make_url

from surveyor.db.engine import make_engine, sqlite_module
from surveyor.errors import SurveyorError

_READ = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
#: First bytes of a stream -> the engine it came from.
MAGIC = {b"\x1f\x8b": "sqlite", b"PGDMP": "postgresql"}


class BackupError(SurveyorError):
    """A database that could not be read out or brought back; the text says what its tool said."""

    code = "backup_failed"


@dataclass(frozen=True, slots=True)
class Tools:
    """PostgreSQL's own programs: their folder, else the PATH; `environment`: what libpq may read (PGPASSFILE)."""

    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


#: What a SQLite database needs.
NO_TOOLS = Tools()


class Writer(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> Any:
        """Take some."""


def dump(url: str, out: Writer, *, folder: Path, tools: Tools = NO_TOOLS) -> None:
    """Write one consistent state of the database, while it is at work.

    folder: where SQLite's copy stands while it is read (mode 0700, as large as the database). Raises BackupError.
    """
    if make_url(url).get_backend_name() == "sqlite":
        _dump_sqlite(Path(make_url(url).database or ""), out, folder)
    else:
        _dump_postgresql(make_url(url), out, tools)


def restore(chunks: Iterable[bytes], url: str, *, tools: Tools = NO_TOOLS) -> None:
    """Bring a stream of `dump` back into an empty database at `url`, with its tables owned by who connects.

    Raises BackupError: a database that is not empty (nothing was written), a stream of the other engine, a failure.
    """
    engine = make_url(url).get_backend_name()
    rest, kind = _told(iter(chunks))
    if kind != engine:
        raise BackupError(f"this is a backup of {kind or 'something else'}: it cannot be restored into {engine}")
    if not is_empty(url):
        raise BackupError("the database to restore into is not empty: nothing was written")
    if engine == "sqlite":
        _restore_sqlite(rest, Path(make_url(url).database or ""))
    else:
        _restore_postgresql(rest, make_url(url), tools)


def is_empty(url: str) -> bool:
    """Whether there is no table there (SQLite: no file, or an empty one). A database that is away raises."""
    if make_url(url).get_backend_name() == "sqlite":
        file = Path(make_url(url).database or "")
        return not file.exists() or file.stat().st_size == 0
    engine = make_engine(url, pool_size=1)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _told(chunks: Iterator[bytes]) -> tuple[Iterator[bytes], str]:
    """The stream again and the engine that its first bytes name, "" when they name none."""
    first = next(chunks, b"")

    def again() -> Iterator[bytes]:
        yield first
        yield from chunks

    return again(), next((engine for magic, engine in MAGIC.items() if first.startswith(magic)), "")


def _dump_sqlite(file: Path, out: Writer, folder: Path) -> None:
    if not file.exists():
        raise BackupError(f"there is no database at {file}")
    module = sqlite_module()
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as place:
        copy = Path(place) / "copy.db"
        with closing(module.connect(str(file))) as source, closing(module.connect(str(copy))) as target:
            source.backup(target)  # all pages in one step: one state, whoever writes meanwhile
            target.execute("PRAGMA journal_mode=DELETE")
        gzip = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        with copy.open("rb") as read:
            while block := read.read(_READ):
                out.write(gzip.compress(block))
        out.write(gzip.flush())


def _restore_sqlite(chunks: Iterable[bytes], file: Path) -> None:
    """Beside its place first: a stream that breaks off leaves no half of a database."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    gunzip = zlib.decompressobj(_GZIP)
    try:
        with draft.open("wb") as written:
            for chunk in chunks:
                written.write(gunzip.decompress(chunk))
            written.write(gunzip.flush())
            written.flush()
            os.fsync(written.fileno())
        if not gunzip.eof:
            raise BackupError("the backup ends in the middle")
        draft.replace(file)
    except zlib.error as wrong:
        raise BackupError(f"the backup cannot be read: {wrong}") from None
    finally:
        draft.unlink(missing_ok=True)


def _dump_postgresql(url: URL, out: Writer, tools: Tools) -> None:
    command = [_program("pg_dump", tools), "--format=custom", "--no-password"]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=_environment(url, tools)) as process:  # noqa: S603 - ours
            assert process.stdout is not None
            while block := process.stdout.read(_READ):
                out.write(block)
        _done("pg_dump", process.returncode, said)


def _restore_postgresql(chunks: Iterable[bytes], url: URL, tools: Tools) -> None:
    """In one transaction; rights and owners are given again by whoever deploys (deploy/roles.sql)."""
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--no-password", f"--dbname={url.database}"]
    command = [_program("pg_restore", tools), *options]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said, env=_environment(url, tools)) as process:  # noqa: S603 - ours
            assert process.stdin is not None
            try:
                for chunk in chunks:
                    process.stdin.write(chunk)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it ended; what it said is told below
            except BaseException:
                process.kill()
                raise
        _done("pg_restore", process.returncode, said)


def _program(name: str, tools: Tools) -> str:
    found = shutil.which(name, path=None if tools.folder is None else str(tools.folder))
    if found is None:
        raise BackupError(f"{name} is not there: install PostgreSQL's client of the server's version, or give --pg-bin")
    return found


def _environment(url: URL, tools: Tools) -> dict[str, str]:
    """How libpq is told where to connect: a password stands in no list of processes."""
    said = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    said |= {"PGDATABASE": url.database, "PGCONNECT_TIMEOUT": 10}
    for name in ("sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port"):
        value = url.query.get(name)
        if isinstance(value, str):
            said[f"PG{name.upper()}"] = value
    return {**tools.environment, **{name: str(value) for name, value in said.items() if value}}


def _done(name: str, status: int, said: Any) -> None:
    if status:
        said.seek(0)
        last = said.read()[-2000:].decode("utf-8", "replace").strip()
        raise BackupError(f"{name} ended with status {status}: {last or 'it said nothing'}")

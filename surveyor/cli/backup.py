"""`surveyor backup`: save the whole line sealed, bring it back, and rehearse that each month."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from surveyor.cli import say
from surveyor.cli.installation import now, settings
from surveyor.errors import SurveyorError

#: Who may open the backups of an installation, one recipient a line.
RECIPIENTS = "backup-recipients"
SCRATCH = "surveyor_rehearsal_"
pg_bin = click.option("--pg-bin", type=click.Path(path_type=Path), help="Folder of pg_dump and pg_restore.")
identity = click.option(
    "--identity", "-i", type=click.Path(path_type=Path), required=True, help="File of `backup key`: it opens backups."
)


@click.group("backup")
def backup() -> None:
    """Sealed backups: key, make, restore, rehearse."""


@backup.command("key")
@click.argument("file", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Write a new key into FILE and print its recipient. Keep FILE away from the server whose backups it opens."""
    from surveyor.db.backups import new_identity

    secret, recipient = new_identity()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.UsageError(f"{file} exists: a key is never written over") from None
    with os.fdopen(descriptor, "w") as written:
        written.write(f"# opens what is sealed for {recipient}\n{secret}\n")
    print(recipient)


@backup.command("make")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--to", "recipients", multiple=True, help="A recipient, age1…; else those of $SURVEYOR_HOME/backup-recipients."
)
@click.option(
    "--keep-days", default=35, show_default=True, help="Delete the backups of FOLDER that are older; 0 keeps all."
)
@pg_bin
@say.json_option
def make(folder: Path, recipients: tuple[str, ...], keep_days: int, pg_bin: Path | None, as_json: bool) -> None:
    """Save the database as one sealed file of FOLDER, while everything runs."""
    from surveyor.db.backups import Tools, thin_out, write_backup

    found, at = settings(), now()
    file = write_backup(
        found.database_url, folder, _recipients(found, recipients), now=at, tools=Tools(pg_bin, os.environ)
    )
    _age(found, at)
    deleted = thin_out(folder, days=keep_days, now=at) if keep_days > 0 else []
    if as_json:
        say.as_json({"file": file, "bytes": file.stat().st_size, "deleted": deleted})
    else:
        print(f"{file}  {file.stat().st_size} bytes")
        say.remark(f"{len(deleted)} older backups deleted")


def _recipients(found: Any, given: tuple[str, ...]) -> list[bytes]:
    from surveyor.db.backups import PUBLIC, keys_in

    kept = found.home / RECIPIENTS
    text = "\n".join(given) if given else kept.read_text("utf-8") if kept.exists() else ""
    keys = keys_in(text, PUBLIC)
    if not keys:
        raise click.UsageError(f"for whom? `surveyor backup key FILE`, then --to age1… or a line in {kept}")
    return keys


def _age(found: Any, at: datetime) -> None:
    """Count a minute: the backup is older than its witnesses from now on, so that a restore of it is held."""
    from surveyor.core.guard import installation_name
    from surveyor.core.tokens import key_id
    from surveyor.db.engine import make_engine, make_sessions
    from surveyor.flows.beat import beat
    from surveyor.flows.open_keyring import open_keyring
    from surveyor.jobs import witnesses

    engine, redis = make_engine(found.database_url), _redis(found.redis_url)
    sessions = make_sessions(engine)
    seen, name = witnesses.read(found, redis), installation_name(found.base_url)
    pepper = open_keyring(sessions, found.secret_keys).pepper
    done = beat(sessions, name=name, pepper_id=key_id(pepper), witnesses=seen, now=at)
    if done.epoch is not None:
        witnesses.write(found, done.epoch, redis)
    engine.dispose()


@backup.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@identity
@click.option("--into", required=True, help="URL of an empty database; a password belongs into PGPASSFILE.")
@pg_bin
def restore(file: Path, identity: Path, into: str, pg_bin: Path | None) -> None:
    """Bring FILE back into an empty database. It sends nothing until `surveyor release-sends`."""
    from surveyor.db.backups import Tools, restore_file

    restore_file(file, _identities(identity), into, tools=Tools(pg_bin, os.environ))
    say.remark("restored; next: surveyor db upgrade, surveyor check, surveyor release-sends")


@backup.command("rehearse")
@click.argument("path", type=click.Path(path_type=Path))
@identity
@click.option("--server", default="", help="URL of the PostgreSQL to rehearse on (default: that of the installation).")
@pg_bin
@say.json_option
def rehearse(path: Path, identity: Path, server: str, pg_bin: Path | None, as_json: bool) -> int:
    """Restore PATH (of a folder its newest backup) beside the installation, check it, forget again, show what it sends.

    Status 1 when it could not take the place of the database. What was restored is deleted again.
    """
    from surveyor.db.backups import Tools, newest, restore_file
    from surveyor.jobs.rehearse import rehearse as look

    opens, file = _identities(identity), newest(path) if path.is_dir() else path
    if file is None:
        raise SurveyorError(f"there is no backup in {path}")
    found = settings()
    with (
        tempfile.TemporaryDirectory(prefix=".rehearsal-", dir=_home(found)) as place,
        _scratch(file, found, server, Path(place)) as url,
    ):
        restore_file(file, opens, url, tools=Tools(pg_bin, os.environ))
        done = look(url, found, now=now(), beside=_beside(found, url, Path(place)), redis=_redis(found.redis_url))
    if as_json:
        say.as_json({"ok": done.ok, "file": file, **_told(done)})
    else:
        _show(file, done)
    return 0 if done.ok else 1


def _identities(file: Path) -> list[bytes]:
    from surveyor.db.backups import SECRET, keys_in

    try:
        return keys_in(file.read_text("utf-8"), SECRET)
    except OSError as wrong:
        raise click.UsageError(f"{file}: {wrong.strerror}") from None


def _home(found: Any) -> Path:
    home: Path = found.home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home


@contextmanager
def _scratch(file: Path, found: Any, server: str, place: Path) -> Iterator[str]:
    """The URL of an empty database for this backup, which is gone afterwards."""
    if not file.name.endswith(".pgdump.age"):
        yield f"sqlite:///{place / 'restored.db'}"
        return
    from surveyor.db.backups.scratch import create_database, drop_database, left_behind

    server = server or found.database_url
    for name in left_behind(server, SCRATCH):
        drop_database(server, name)
    name = f"{SCRATCH}{now():%Y%m%d%H%M%S}"
    try:
        yield create_database(server, name)
    finally:
        drop_database(server, name)


def _beside(found: Any, url: str, home: Path) -> Any:
    """What opens the restored installation: a home of its own, and a provider that keeps what it is given."""
    from dataclasses import replace

    from surveyor.app import build_services

    apart = replace(found, home=home, database_url=url, read_database_url=url, redis_url="", mail_url="memory:")
    return lambda: build_services(apart)


def _told(done: Any) -> dict[str, Any]:
    return {
        "newest": done.newest,
        "revision": done.revision,
        "checked": done.report.checked,
        "findings": done.report.findings,
        "decisions": {"compared": done.report.proof.compared, "found": done.report.proof.found},
        "erased_again": done.erased_again,
        "still_known": done.still_known,
        "held": done.held,
        "reason": done.reason,
        "waiting": done.waiting,
        "handed_over": done.handed_over,
    }


def _show(file: Path, done: Any) -> None:
    for one in done.report.findings:
        print(one)
    print(f"{file.name}: restored, newest fact {done.newest.isoformat() if done.newest else 'none'}")
    print(f"{', '.join(done.report.checked)}: " + ("all hold" if done.report.ok else "some do not hold"))
    print(f"erased again: {done.erased_again}; still known: {done.still_known}")
    held = f"held: {done.reason}" if done.held else "NOT HELD"
    print(f"sending {held}; {sum(row.due + row.later for row in done.waiting)} emails wait, {done.handed_over} left")
    print("this backup could take over" if done.ok else "THIS BACKUP COULD NOT TAKE OVER")


def _redis(url: str) -> Any:
    if not url:
        return None
    from surveyor.jobs.bell import connect

    return connect(url, seconds=2.0)

"""The demonstration network: a French drive retailer lived through the real line, then handed over as one database."""

from __future__ import annotations

import multiprocessing
import os
import queue
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.merge import take_in
from surveyor.errors import SurveyorError
from surveyor.flows.close_months import close_months
from surveyor.flows.open_keyring import open_keyring
from surveyor.settings import Settings, with_keys
from surveyor.testing.demo.office import open_office
from surveyor.testing.demo.shard import Plan, count_events, live_shard
from surveyor.testing.demo.voice import speak

__all__ = ["DemoError", "Plan", "count_events", "load_demo", "wanted"]

BUILDING = ".demo"
MOST_PROCESSES = 4


class DemoError(SurveyorError):
    """The demonstration could not be made; nothing of it is left."""

    code = "demo_failed"


def wanted(settings: Settings) -> Path | None:
    """The SQLite file that does not exist yet: where a demonstration goes on the first start; None at any other."""
    scheme, _, path = settings.database_url.partition(":///")
    return Path(path) if scheme == "sqlite" and path and not Path(path).exists() else None


def load_demo(
    settings: Settings,
    plan: Plan,
    *,
    on_progress: Callable[[int], None] = lambda _events: None,
    processes: int | None = None,
) -> bool:
    """Make the demonstration when this is the first start; whether it was made.

    It is lived aside, some customers a process, put together, and takes its place under its name as the last step: a
    start that was killed leaves nothing but a folder that the next one throws away. Raises DemoError.
    """
    target = wanted(settings)
    if target is None:
        return False
    folder = settings.home / BUILDING
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    count = processes or min(MOST_PROCESSES, os.cpu_count() or 1)
    try:
        _live(settings, plan, folder, count, on_progress)
        _hand_over(folder, count, target, settings, plan)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def _live(settings: Settings, plan: Plan, folder: Path, count: int, on_progress: Callable[[int], None]) -> None:
    context = multiprocessing.get_context("fork")
    told: Any = context.Queue()
    lives = [
        context.Process(target=_child, args=(settings, plan, folder, (number, count), told), daemon=True)
        for number in range(count)
    ]
    for one in lives:
        one.start()
    try:
        while any(one.is_alive() for one in lives):
            try:
                on_progress(told.get(timeout=0.3))
            except queue.Empty:
                continue
    finally:
        for one in lives:
            one.kill()
            one.join()
    failed = [str(one.exitcode) for one in lives if one.exitcode]
    if failed:
        raise DemoError(f"the demonstration could not be made (status {', '.join(failed)}): see above")


def _child(settings: Settings, plan: Plan, folder: Path, part: tuple[int, int], told: Any) -> None:
    """One process: Ctrl-C is its parent's business; without a parent it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = os.getppid()

    def progress(events: int) -> None:
        if os.getppid() != parent:
            os._exit(1)
        told.put(events)

    live_shard(settings, plan, folder=folder, part=part, on_progress=progress)


def _hand_over(folder: Path, count: int, target: Path, settings: Settings, plan: Plan) -> None:
    """One file out of the parts, its months closed, on disk for good, under its name; emails before it."""
    whole = folder / "0.db"
    engine = make_engine(f"sqlite:///{whole}", durable=False)
    for number in range(1, count):
        take_in(engine, folder / f"{number}.db")
    close_months(make_sessions(engine), now=plan.now, zone=settings.time_zone)
    open_office(settings, plan, make_sessions(engine), folder / "outbox")
    speak(make_sessions(engine), open_keyring(make_sessions(engine), with_keys(settings).secret_keys), plan)
    engine.dispose()  # who takes the journal away has to be alone with the file
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    driver: Any = engine.raw_connection().driver_connection
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    driver.execute("PRAGMA journal_mode=DELETE")
    engine.dispose()
    with whole.open("rb") as file:
        os.fsync(file.fileno())
    _move_emails(folder / "outbox", settings)
    whole.replace(target)


def _move_emails(made: Path, settings: Settings) -> None:
    scheme, _, place = settings.mail_url.partition("://")
    outbox = Path(place.partition("?")[0])
    if scheme != "outbox" or not made.is_dir():
        return
    if not outbox.exists():
        made.rename(outbox)
        return
    (outbox / "new").mkdir(parents=True, exist_ok=True)
    for file in (made / "new").iterdir():
        file.replace(outbox / "new" / file.name)

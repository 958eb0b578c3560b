"""Row 32: the second start of `surveyor up`, to its first page, against a bare Flask, SQLAlchemy and SQLite."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from benchmarks.kit import ROOT, Case, CheckError
from tests.servers import free_port

BARE = """
import sys
from flask import Flask
from sqlalchemy import create_engine, text
from waitress import serve
app = Flask("bare")
engine = create_engine("sqlite:///" + sys.argv[2])
@app.get("/healthz")
def page():
    with engine.begin() as connection:
        return str(connection.execute(text("SELECT 1")).scalar())
serve(app, listen="127.0.0.1:" + sys.argv[1])
"""


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """Seconds from the command to its first answer."""
    if engine in (None, "E"):
        yield Case("32", "E", ours, limit=bare, fresh=_home, done=_gone, cost=True, wall=True)


@dataclass
class Home:
    """A home that was started once before, and what runs in it now."""

    path: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)


def _home() -> Home:
    home = Home(Path(tempfile.mkdtemp(prefix="bench-start-")))
    ours(home)
    _stop(home)
    return home


def _stop(home: Home) -> None:
    for process in home.running:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
    home.running.clear()


def _gone(home: Home) -> None:
    _stop(home)
    shutil.rmtree(home.path, ignore_errors=True)


def ours(home: Home) -> int:
    """`surveyor up --empty` until a page answers."""
    port = free_port()
    command = [sys.executable, "-m", "surveyor", "up", "--empty", "--port", str(port)]
    _until_a_page(home, command, port, {**_environ(), "SURVEYOR_HOME": str(home.path)})
    return 1


def bare(home: Home) -> int:
    """The least that answers out of a database."""
    port = free_port()
    command = [sys.executable, "-c", BARE, str(port), str(home.path / "bare.db")]
    _until_a_page(home, command, port, _environ())
    return 1


def _environ() -> dict[str, str]:
    """A machine on which both were started before: what their modules were compiled to then is kept, as it is by
    default, though not beside them."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("SURVEYOR_", "PYTHON"))}
    return {**ours, "PYTHONPYCACHEPREFIX": str(_compiled())}


@cache
def _compiled() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="bench-compiled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _until_a_page(home: Home, command: list[str], port: int, environ: dict[str, str]) -> None:
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    home.running.append(process)
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as page:
                page.read()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise CheckError(f"no page from {command[2:4]}") from None
            time.sleep(0.02)

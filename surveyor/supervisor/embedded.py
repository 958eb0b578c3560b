"""`surveyor up`: the whole line on one machine, from the first migration to the page where the figures are read."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from surveyor import logs
from surveyor.errors import SurveyorError
from surveyor.settings import Settings
from surveyor.supervisor.children import STOP, Child, Supervisor
from surveyor.supervisor.lock import hold
from surveyor.supervisor.processes import WEB_SECONDS, WORKER_SECONDS
from surveyor.supervisor.serve import listen, refuse_plain_http, serve

LOG_FILE = "surveyor.log"

TEXTS = {
    "fr": (
        "surveyor est à l'adresse {base}\n"
        "Connexion (un seul usage, dix minutes) : {link}\n"
        "Journal : {log}. Ctrl-C arrête tout.",
        "Arrêt…",
    ),
    "en": (
        "surveyor is at {base}\nSign in (good once, for ten minutes): {link}\nLog: {log}. Ctrl-C stops everything.",
        "Stopping…",
    ),
}


class UnpreparedError(SurveyorError):
    """The database could not be made ready; what was wrong was said before."""

    code = "not_prepared"


def up(settings: Settings, *, host: str, port: int, prepare: Callable[[Settings], str], language: str) -> int:
    """Run web, clock and worker until a stop signal; the exit status.

    `prepare` brings the database up to date, fills it when asked to, and returns the path of a sign-in link. It runs
    in a process of its own: what it opens, and what it alone loads, is gone before the others are forked.
    """
    refuse_plain_http(settings, host)
    with hold(settings.home):
        sock = listen(host, port)
        base = settings.base_url
        link = _in_a_child(lambda: prepare(settings))
        log, shown = _log(settings)
        # From the moment it is said, Ctrl-C waits for the supervisor, which hears it first of all.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
        print(TEXTS[language][0].format(base=base, link=f"{base}{link}", log=shown), flush=True)
        logs.configure(key=settings.secret_keys[-1], stream=log)
        web = Child("web", lambda: _web(settings, sock), WEB_SECONDS)
        worker = Child("worker", lambda: _worker(settings), WORKER_SECONDS)
        return Supervisor([web, worker]).run()


def with_address(settings: Settings, *, host: str, port: int) -> Settings:
    """The settings whose links lead to where `up` listens, unless SURVEYOR_BASE_URL says otherwise."""
    if settings.origin.get("SURVEYOR_BASE_URL") != "default":
        return settings
    name = "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host  # noqa: S104
    return replace(settings, base_url=f"http://{name}:{port}")


def _log(settings: Settings) -> tuple[TextIO, str]:
    """Where the log goes: a file of the home when somebody sits at the terminal, else standard error."""
    if not sys.stderr.isatty():
        return sys.stderr, "stderr"
    path = settings.home / LOG_FILE
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "a", encoding="utf-8", buffering=1), _short(path)


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _in_a_child(work: Callable[[], str]) -> str:
    """What `work` returns, done by a forked process; the application is imported here meanwhile."""
    reader, writer = os.pipe()
    gc.disable()  # until everything is imported
    _import_tables()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _answer(writer, work)
    os.close(writer)
    _import_everything()
    with os.fdopen(reader, encoding="utf-8") as answer:
        said = answer.read()
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise UnpreparedError("the database could not be made ready: see above")
    return said


def _import_tables() -> None:
    """What every process of `up` needs, the preparing one too: the tables, mapped once for all of them."""
    from surveyor.db.mapped import map_tables

    map_tables()


def _import_everything() -> None:
    """What web and worker would each import after the fork: done once, their memory is shared. What the worker alone
    needs it imports itself, while the first page is on its way.

    Nothing of it is ever garbage: the collector is kept away from it, now and in the processes to come, which would
    each write on every page that it looks at.
    """
    from importlib import import_module

    from surveyor.web.areas import AREAS

    for name in ("surveyor.app", *(f"surveyor.web.{area}" for area in AREAS)):
        import_module(name)
    gc.freeze()
    gc.enable()


def _answer(writer: int, work: Callable[[], str]) -> None:
    """The life of the preparing process; never returns."""
    status = 1
    gc.enable()
    try:
        said = work()
        with os.fdopen(writer, "w", encoding="utf-8") as answer:
            answer.write(said)
        status = 0
    except KeyboardInterrupt:
        status = 130
    except SurveyorError as wrong:
        print(f"surveyor: {wrong}", file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _web(settings: Settings, sock: socket.socket) -> None:
    from surveyor.app import build_services, create_app

    serve(create_app(build_services(settings)), sock, settings)


def _worker(settings: Settings) -> None:
    from surveyor.app import build_services
    from surveyor.jobs.embedded import run

    run(build_services(settings))

"""The supervisor of one machine's processes: forks them, brings back one that dies, stops them in the order given."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from surveyor.logs import get_logger

log = get_logger("surveyor.supervisor")

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HEARD = (*STOP, signal.SIGCHLD)
PR_SET_PDEATHSIG = 1
#: A child that lived less than this many seconds fell at once.
SHORT = 5.0
#: After so many falls at once in a row the supervisor gives up: something is wrong that a restart does not mend.
MOST_FALLS = 5


@dataclass
class Child:
    """One process: `run` is its whole life and returns when SIGTERM asks it to. stop_seconds: then it is killed."""

    name: str
    run: Callable[[], object]
    stop_seconds: float
    pid: int = 0
    started: float = 0.0
    falls: int = 0
    due: float = field(default=0.0, repr=False)


class Supervisor:
    """Children in the order in which they are stopped: web first, then worker, then the rest.

    Children are forked from a process that holds no connection and no thread. Each is in a session of its own, so that
    Ctrl-C reaches the supervisor alone, and dies with the supervisor, whatever becomes of it.
    """

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self.status = 0
        self._stopping = False

    def run(self) -> int:
        """Start all, watch until a stop signal, stop all. 0, or 1 when a child could not be kept alive."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        try:
            for child in reversed(self.children):
                self._start(child)
            self._watch()
            self._stop()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self.status

    def _watch(self) -> None:
        while not self._stopping:
            heard = signal.sigtimedwait(HEARD, 1.0)
            if heard is not None and heard.si_signo in STOP:
                # Before any dead child is noticed: Ctrl-C must not bring back what it is about to stop.
                self._stopping = True
                return
            self._reap()
            self._restart()

    def _start(self, child: Child) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        child.pid = os.fork()
        child.started = time.monotonic()
        if child.pid == 0:
            _live(child, parent)

    def _reap(self) -> None:
        """Note who died; a child is due again at once, or later when it keeps falling."""
        while (dead := _waited()) is not None:
            pid, status = dead
            child = next((one for one in self.children if one.pid == pid), None)
            if child is None:
                continue
            child.pid = 0
            lived = time.monotonic() - child.started
            child.falls = child.falls + 1 if lived < SHORT else 1
            child.due = time.monotonic() + (0.0 if child.falls == 1 else 2.0 ** (child.falls - 2))
            log.error("process died", process=child.name, status=status, lived_seconds=round(lived, 1))

    def _restart(self) -> None:
        for child in self.children:
            if child.falls >= MOST_FALLS:
                log.error("process keeps dying: stopping everything", process=child.name)
                self.status, self._stopping = 1, True
                return
            if child.pid == 0 and time.monotonic() >= child.due:
                self._start(child)

    def _stop(self) -> None:
        """SIGTERM to each in turn, SIGKILL to one that takes too long; a second stop signal kills at once."""
        for child in self.children:
            if child.pid:
                _signal(child.pid, signal.SIGTERM)
                end = time.monotonic() + child.stop_seconds
                while child.pid and time.monotonic() < end:
                    heard = signal.sigtimedwait(HEARD, 0.2)
                    end = 0.0 if heard is not None and heard.si_signo in STOP else end
                    self._forget()
            if child.pid:
                log.error("process did not stop in time: killed", process=child.name)
                _signal(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)
                child.pid = 0

    def _forget(self) -> None:
        while (dead := _waited()) is not None:
            for child in self.children:
                child.pid = 0 if child.pid == dead[0] else child.pid


def _waited() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _live(child: Child, parent: int) -> None:
    """The whole life of a forked process; never returns."""
    status = 1
    try:
        os.setsid()
        die_with_parent(parent)
        for number in HEARD:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        child.run()
        status = 0
    except SystemExit as asked:
        status = asked.code if isinstance(asked.code, int) else 0
    except BaseException:
        log.error("process failed", process=child.name, exception=traceback.format_exc())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _leave(_number: int, _frame: object) -> None:
    """SIGTERM before a child has its own handler: nothing is under way yet."""
    raise SystemExit(0)


def die_with_parent(parent: int) -> None:
    """Ask Linux for a SIGTERM when the parent ends, however it ends; leave at once when it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(0)

"""The command inside the test process: an embedded home of its own, and what was printed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from surveyor.cli import main


@dataclass
class Terminal:
    """Runs commands in one home. `run` gives the exit status; `out` and `err` are what the last one printed."""

    capture: pytest.CaptureFixture[str]
    home: Path
    out: str = ""
    err: str = ""

    def run(self, *arguments: str) -> int:
        self.capture.readouterr()
        status = main(list(arguments))
        self.out, self.err = self.capture.readouterr()
        return status

    def json(self, *arguments: str, status: int = 0) -> Any:
        """The one object that a command prints with --json."""
        assert self.run(*arguments, "--json") == status, self.err
        return json.loads(self.out)


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal whose commands work in a fresh embedded home, time travel allowed."""
    import os

    for name in list(os.environ):
        if name.startswith(("SURVEYOR_", "SENDGRID_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SURVEYOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SURVEYOR_ALLOW_TIME_TRAVEL", "1")
    monkeypatch.setenv("LC_ALL", "C")
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    mask = os.umask(0o077)
    yield Terminal(capsys, tmp_path / "home")
    os.umask(mask)
    root.handlers[:], root.level = before
    logging.captureWarnings(False)
    structlog.reset_defaults()

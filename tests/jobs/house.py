"""An installation for tests of clock and workers: real settings and rules, a memory provider, a clock set by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from surveyor.core.tokens import keys
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from surveyor.settings import Settings
from tests.flows.sending import build

SECRET = bytes(range(32))


def services(sessions: Any, clock: Any, home: Path, *, provider: Any = None, **settings: Any) -> Services:
    """The services of one installation."""
    found = replace(Settings.read({}), home=home, secret_keys=(SECRET,), **settings)
    return Services(
        settings=found,
        sessions=sessions,
        read_sessions=sessions,
        provider=provider or MemoryProvider(),
        build=build,
        keyring=keys([SECRET]),
        now=clock,
    )

"""What the edges hand to flows, from the first order to the last indicator: made once by app.py, never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surveyor.core.tokens import Keyring
    from surveyor.mail.providers.base import Provider
    from surveyor.settings import Settings

#: A factory of sessions: `with sessions.begin() as session:` is one transaction.
Sessions = Any


@dataclass(frozen=True, slots=True)
class Services:
    """One installation at work.

    sessions: the primary database, for every flow and every read that decides. read_sessions: for dashboards only, a
    replica may lag. provider and build: what hands emails over and what makes them. keyring: the secrets by purpose.
    now: the clock of the edge (aware, UTC); flows receive the instant it gives, never the clock.
    """

    settings: Settings
    sessions: Sessions
    read_sessions: Sessions
    provider: Provider
    build: Callable[..., Any]
    keyring: Keyring
    now: Callable[[], datetime]

"""Count the tries of those who knock at the door of the figures: before each is looked at, in the database (S3, S8)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.db import sessions as browsers

WINDOW, PER_ACCOUNT, PER_NETWORK = timedelta(minutes=15), 5, 20
KEEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: network prefix (/24 or /56) and family of browser, never the whole of either."""

    ip_prefix: str
    agent_family: str = ""


def name_of(what: str, whose: str | UUID) -> bytes:
    """Under which name tries are counted: of an address for passwords, of an account for codes and step-ups."""
    said = whose.hex if isinstance(whose, UUID) else whose
    return hashlib.sha256(f"{what}\n{said}".encode("utf-8", "replace")).digest()


def count(
    session: Any, name: bytes, client: Client, now: datetime, *, most: int = PER_ACCOUNT, window: timedelta = WINDOW
) -> bool:
    """Note one try in the caller's transaction; False when there were `most` in the window, or 20 of the network.

    The try is noted before anything is looked at, so that parallel guesses are counted too.
    """
    browsers.lock_attempts(session, account=name, ip_prefix=client.ip_prefix)
    of_name = browsers.failures(session, account=name, since=now - window)
    of_network = browsers.failures_of_network(session, ip_prefix=client.ip_prefix, since=now - WINDOW)
    if of_name >= most or of_network >= PER_NETWORK:
        return False
    browsers.add_failure(session, account=name, ip_prefix=client.ip_prefix, now=now)
    return True


def forget(session: Any, name: bytes, now: datetime) -> None:
    """It was right: the tries under this name are forgotten, and everybody's of more than a day ago."""
    browsers.forget_failures(session, account=name, before=now - KEEP)

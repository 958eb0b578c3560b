"""The group after this one: claimed and built while the provider's answers travel, and not yet meant to leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.core import breaker
from surveyor.db import emails as rows
from surveyor.flows.send_emails.mailer import Built, Mailer
from surveyor.flows.send_emails.pace import tokens
from surveyor.flows.send_emails.prepare import prepare
from surveyor.flows.send_emails.take import Round, Taken, take


@dataclass
class Ahead:
    """What one call of `send_emails` knows of its next group. left: how many it may still claim.

    clear: whether everything of the group under way was accepted; a word of the provider's otherwise gives the next
    group back, and the gate is asked again.
    """

    sessions: Any
    turn: Round
    mailer: Mailer
    now: Callable[[], datetime]
    left: int = 0
    clear: bool = True
    taken: Taken | None = None
    built: list[Built] | None = None

    @property
    def ready(self) -> bool:
        """Whether a group is claimed."""
        return self.taken is not None

    def give(self) -> tuple[Taken, list[Built] | None]:
        """The group that was claimed, once."""
        found, built, self.taken, self.built = self.taken, self.built, None, None
        assert found is not None
        return found, built

    def claim(self) -> None:
        """Claim and build it. A database that is away now is asked again when this group is settled."""
        size = min(self.mailer.provider.capabilities.group, self.left)
        if size <= 0 or self.ready or not self.clear:
            return
        try:
            found = take(self.sessions, self.turn, mailer=self.mailer, now=self.now(), limit=size)
            if found.closed or found.lane is None:
                return
            self.taken, self.built = found, prepare(found.emails, found.facts, self.mailer)
        except Exception:  # noqa: S110 - answers are on their way: they are read whatever happens here
            pass

    def settled(self) -> None:
        """The group under way is settled: the next one is kept only when all went well."""
        clear, self.clear = self.clear, True
        taken = self.taken
        if taken is None or (clear and not (taken.channel is not None and breaker.waking(taken.channel))):
            return
        self.give()
        with self.sessions.begin() as session:
            rows.give_back(session, [(email, None, 0) for email in taken.emails])
            unspent(session, taken, self.mailer, self.now())


def unspent(session: Any, taken: Taken, mailer: Mailer, now: datetime) -> None:
    """Give back the tokens of a claim that came to nothing."""
    if taken.counted and taken.lane is not None:
        purse = tokens(session, mailer.provider.name, mailer.pace, now=now)
        purse.take(taken.lane.domain_group, -len(taken.emails))
        purse.save(session)

"""What every screen says first when emails do not leave: a database held, streams paused, a service that refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass

import structlog

from surveyor.core.guard import REASONS
from surveyor.db import alerts, health, instance, streams
from surveyor.db.streams import PausedStream
from surveyor.web.here import services
from surveyor.web.language import language, text

log = structlog.get_logger("surveyor.web")
#: The alerts of a provider that takes nothing, and the words of each; they end when a probe passes.
NOTHING_LEAVES = {"provider_paused": "refused", "provider_away": "away"}
#: Words of why a stream is paused that have a text; any other is said as it is.
CAUSES = (
    "hard_bounces",
    "complaints",
    "deferred",
    "in_doubt",
    "refusals",
    "account_status_change",
    "person",
)
#: Figures of a kill switch as they are kept: 12 of 214 in 1 h.
_FIGURES = re.compile(r"\b(\d+) of (\d+) in (\d+ h)\b")


@dataclass(frozen=True, slots=True)
class Standing:
    """held: why sending is held after a restore, None when it is released. paused: streams that wait for a person.

    stopped: why the provider takes nothing at all, "refused" (its key, its settings) or "away"; "" when it does.
    """

    held: str | None = None
    paused: tuple[PausedStream, ...] = ()
    alerts: int = 0
    stopped: str = ""


def standing() -> Standing:
    """How the line stands now; nothing to say when the database is away, since this is on the page that says so."""
    try:
        with services().sessions() as session:
            held = instance.reason_held(session) if health.sending(session) == "held" else None
            told = alerts.open_marks(session)
            provider = getattr(services().provider, "name", "")  # what another one did keeps nothing from leaving
            stopped = [word for code, word in NOTHING_LEAVES.items() if (code, provider) in told]
            return Standing(held, tuple(streams.paused(session, provider)), len(told), "".join(stopped[:1]))
    except Exception as error:
        log.warning("standing_unknown", error=type(error).__name__)
        return Standing()


def held_words(why: str) -> str:
    """Why sending is held, in the reader's language."""
    return REASONS.get(why, why) if language() == "fr" else why


def cause_words(cause: str) -> str:
    """Why a stream is paused, in the reader's language."""
    return text(f"alerts.cause.{cause if cause in CAUSES else 'other'}", cause=cause)


def figure_words(detail: str) -> str:
    """The figures that stopped a stream, in the reader's language."""
    return _FIGURES.sub(lambda found: text("alerts.figures", n=found[1], of=found[2], window=found[3]), detail)

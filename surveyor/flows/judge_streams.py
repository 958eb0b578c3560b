"""The kill switches: figures of the last hour and day that say a stream does harm stop it until a person looks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.pace import doubtful, stops
from surveyor.db import streams
from surveyor.db.alerts import open_marks, raise_alert, resolve
from surveyor.flows.release_stream import subject
from surveyor.flows.stop_stream import stop_stream

WINDOWS = (("1 h", timedelta(hours=1)), ("24 h", timedelta(hours=24)))
DOUBTS = "stream_in_doubt"


def judge_streams(sessions: Any, *, provider: str, now: datetime) -> list[str]:
    """Stop the kinds of this provider whose figures are beyond a limit; their names. What was released is forgiven.

    Doubts that rise are an alert as long as they do, or until they have stopped the stream.
    """
    with sessions() as session:
        forgiven = streams.judged_from(session, provider)
        every = forgiven.get(streams.EVERY_KIND)
        found = []
        for name, length in WINDOWS:
            starts = {now - length, *(at for at in forgiven.values() if at > now - length)}
            for since in sorted(starts):
                by_kind = streams.figures(session, provider, since=since)
                for kind, figures in by_kind.items():
                    if since == max([now - length, *(at for at in (every, forgiven.get(kind)) if at is not None)]):
                        found.append((kind, name, figures))
    stopped, rising = [], set()
    for kind, name, figures in found:
        harm = stops(figures)
        if harm is None and not doubtful(figures):
            continue
        with sessions.begin() as session:
            if harm is None:
                rising.add(subject(provider, kind))
                detail = f"{figures.in_doubt} of {figures.sent + figures.in_doubt} in {name}"
                raise_alert(session, DOUBTS, now=now, subject=subject(provider, kind), detail=detail)
            elif stop_stream(session, provider, kind, cause=harm[0], detail=f"{harm[1]} in {name}", now=now):
                stopped.append(kind)
    _calm(sessions, provider, rising, now)
    return stopped


def _calm(sessions: Any, provider: str, rising: Collection[str], now: datetime) -> None:
    """Close what was said of doubts that rise no longer."""
    with sessions.begin() as session:
        for code, about in open_marks(session):
            if code == DOUBTS and about.startswith(f"{provider}/") and about not in rising:
                resolve(session, DOUBTS, now=now, subject=about)

"""Set what an indicator should come to in a scope, or take it back; who did it stays in the audit chain."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.core import goals as core
from surveyor.core.scope import Scope
from surveyor.db import audit, goals, stores
from surveyor.db.goals import SetGoal
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.again import again
from surveyor.flows.indicators_file import indicators_text
from surveyor.flows.manage_users import Actor


def set_goal(sessions: Any, scope: str, indicator: str, target: str, *, by: Actor, now: datetime) -> None:
    """Set a goal; an empty target takes it back. The same again changes nothing.

    Raises:
        Refused: `scope_invalid`, `indicator_unknown`, `goal_invalid` (422). NotFound: a part of the scope is unknown.
    """
    place = core.check_scope(scope)
    if indicator not in core.KEYS:
        fr, en = "Cet indicateur n'a pas d'objectif. Choisissez dans la liste.", "This indicator takes no goal."
        raise Refused([Complaint("indicator", "indicator_unknown", fr, en)])
    wanted = core.check_target(indicator, target) if target.strip() else None

    def once() -> None:
        with sessions.begin() as session:
            if not _known(session, place):
                raise NotFound("scope")
            before = {(one.scope, one.indicator): one.target for one in goals.every(session)}.get(
                (str(place), indicator)
            )
            if wanted == before:
                return
            if wanted is None:
                goals.remove(session, str(place), indicator)
            else:
                goals.put(session, SetGoal(str(place), indicator, wanted, by.name, now))
            what = f"goal:{place} {indicator}"
            entry = audit.Entry(
                by.name, "goal.set", what, {"target": before}, {"target": wanted}, "", by.ip_prefix, by.request_id
            )
            audit.append(session, entry, now=now)

    again(once)


def from_screen(session: Any) -> dict[tuple[str, str], float]:
    """(scope, key) -> target, as people set them."""
    return {(one.scope, one.indicator): one.target for one in goals.every(session)}


def from_file(home: Path) -> dict[tuple[str, str], float]:
    """(scope, key) -> target, as indicators.toml of the home says, else the one that comes with the product.

    Raises:
        Refused: what is wrong with the file.
    """
    return core.read_file(indicators_text(home))


def _known(session: Any, scope: Scope) -> bool:
    names = stores.names(session)
    known = (names.brands, names.regions, names.stores, names.segments)
    return all(set(part) <= all_.keys() for part, all_ in zip(scope.parts, known, strict=True))

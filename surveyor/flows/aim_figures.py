"""Put beside figures the goals that hold for them: a scope's own, else its region's, its brand's, the network's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from surveyor.core.goals import Aimed, Goals, aim, wider
from surveyor.core.indicators import Envelope
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import stores
from surveyor.errors import Refused
from surveyor.flows.set_goal import from_file, from_screen


def goals_of_file(home: Path) -> Goals:
    """The goals of the installation's file; none when it cannot be read: the page of goals says what is wrong."""
    try:
        return from_file(home)
    except Refused:
        return {}


def aim_figures(session: Any, scope: Scope, figures: Mapping[str, Envelope], file: Goals) -> dict[str, Aimed]:
    """Key -> the goal of each figure that has one, with its verdict. What a person set wins over the file."""
    screen = from_screen(session)
    if not screen and not file:
        return {}
    places = _places(session, scope)
    found = {key: aim(figure, places, screen, file) for key, figure in figures.items()}
    return {key: one for key, one in found.items() if one is not None}


def aimed_at(session: Any, scope: Scope, file: Goals) -> frozenset[str]:
    """The keys that have a goal there, for whoever measures nothing else."""
    goals = from_screen(session).keys() | file.keys()
    places = _places(session, scope) if goals else ()
    return frozenset(key for place, key in goals if place in places)


def _places(session: Any, scope: Scope) -> tuple[str, ...]:
    region = brand = ""
    if len(scope.stores) == 1:
        shop = stores.shop(session, (NETWORK,), scope.stores[0])
        region, brand = (shop.region_id, shop.brand_id) if shop is not None else ("", "")
    return tuple(wider(scope, region=region, brand=brand))

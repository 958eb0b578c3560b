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
    region = brand = ""
    if len(scope.stores) == 1:
        shop = stores.shop(session, (NETWORK,), scope.stores[0])
        region, brand = (shop.region_id, shop.brand_id) if shop is not None else ("", "")
    places = wider(scope, region=region, brand=brand)
    found = {key: aim(figure, places, screen, file) for key, figure in figures.items()}
    return {key: one for key, one in found.items() if one is not None}

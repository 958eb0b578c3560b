"""The goals of a page: of each figure its own scope's, else that of the region, the brand or the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from surveyor.core.goals import Aimed, Goals
from surveyor.core.indicators import Envelope
from surveyor.core.scope import Scope
from surveyor.errors import Refused
from surveyor.flows.aim_figures import aim_figures, aimed_at
from surveyor.flows.set_goal import from_file
from surveyor.web.here import services

log = structlog.get_logger("surveyor.web")


def aims(session: Any, scope: Scope, figures: Mapping[str, Envelope]) -> dict[str, Aimed]:
    """Key -> the goal of each figure that has one, with its verdict."""
    return aim_figures(session, scope, figures, _file())


def keys_aimed(session: Any, scope: Scope) -> frozenset[str]:
    """The keys that have a goal for a scope."""
    return aimed_at(session, scope, _file())


def _file() -> Goals:
    """Those of the file; one that cannot be read sets none: the page of goals says what is wrong with it."""
    try:
        return from_file(services().settings.home)
    except Refused as refused:
        log.warning("goals_file_refused", codes=[one.code for one in refused.complaints])
        return {}

"""The installation that a request reaches: its services and its clock, for every page on the line."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import current_app, g

from surveyor.core.outgoing import Policy
from surveyor.flows.keep_counts import Keeper
from surveyor.outgoing import Post
from surveyor.services import Services


def services() -> Services:
    """What app.py made for this installation."""
    return cast(Services, current_app.extensions["surveyor"])


def now() -> datetime:
    """The instant of this request, handed on to flows."""
    return services().now()


def post() -> Post:
    """What goes to addresses that somebody typed, where the settings let it."""
    settings = services().settings
    return Post(Policy(settings.webhook_hosts, settings.webhook_networks, settings.webhook_ports))


def keeper() -> Keeper:
    """What keeps the counts of this request; written when the request has been answered."""
    if "keeper" not in g:
        g.keeper = Keeper(now())
    return cast(Keeper, g.keeper)


def counted_since() -> datetime | None:
    """When the oldest of the kept counts on this page was made; None when everything was counted now."""
    found: Keeper | None = g.get("keeper")
    return None if found is None else found.since

"""The installation that a request reaches: its services and its clock, for every page on the line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import current_app, g, request

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


def page_keeper() -> Keeper:
    """What keeps the counts of a page that waits for nobody, written when it has been answered.

    What is not kept is left out, and the page asks for it once shown. That second request counts for `COUNTS_FOR`
    seconds at most before it starts no other count, one such request at a time in each process: whoever finds one at
    work asks again. `?count=now` waits for everything.
    """
    if "keeper" not in g:
        g.keeper = Keeper(now(), may_count=_allowance())
    return cast(Keeper, g.keeper)


COUNTS_FOR = 1.0
#: Id of the element that asks for what was left out, as htmx names it to us.
ASKER = "counting"


def _allowance() -> Callable[[], bool]:
    if request.args.get("count") == "now":
        return lambda: True
    if request.headers.get("HX-Trigger") != ASKER or not _turn().acquire(blocking=False):
        return lambda: False
    g.counts = True
    until = time.perf_counter() + COUNTS_FOR
    return lambda: time.perf_counter() < until


def _turn() -> threading.Lock:
    return cast(threading.Lock, current_app.extensions["surveyor.counting"])


def let_others_count() -> None:
    """End the turn of this request, once what it counted is kept."""
    if g.pop("counts", False):
        _turn().release()


def counts_left() -> int:
    """How many counts of this page are still to be made."""
    found: Keeper | None = g.get("keeper")
    return 0 if found is None else found.left


def asks_again_after() -> str:
    """How long the page leaves before it asks for them: at once, but where another request is at work."""
    return "1s" if request.headers.get("HX-Trigger") == ASKER and not g.get("counts") else "50ms"


def counted_since() -> datetime | None:
    """When the oldest of the kept counts on this page was made; None when everything was counted now."""
    found: Keeper | None = g.get("keeper")
    return None if found is None else found.since

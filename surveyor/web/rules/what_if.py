"""What a draft of the rules would have done over the stored orders: begun by a press, shown when it is there."""

from __future__ import annotations

import threading
from typing import Any

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.rules import check_rules
from surveyor.core.scope import NETWORK
from surveyor.db import stores
from surveyor.flows import edit_rules
from surveyor.services import Services
from surveyor.web.forms import press
from surveyor.web.here import services
from surveyor.web.rules.draft import author, mine, values_of
from surveyor.web.rules.known import known_names
from surveyor.web.security.gate import needs

#: Seconds after which progress is shown instead.
AT_ONCE = 0.5
log = structlog.get_logger("surveyor.rules")


def register(area: Blueprint) -> None:
    """Add these pages to those of rules."""
    write = needs("write", "rules")
    area.post("/draft/measure")(write(measure))
    area.get("/draft/what-if")(write(what_if))


def measure() -> Response:
    """Begin the replay of a year; its page waits for it."""
    press()
    draft = mine()
    if check_rules(draft.text.encode(), known=known_names())[0] is None:
        return redirect(url_for("rules.page"), 303)
    args = (services(), author(), known_names())
    thread = threading.Thread(target=_measured, args=args, name="what-if", daemon=True)
    thread.start()
    thread.join(AT_ONCE)  # what is kept, or quickly made, is shown without a page that waits
    return redirect(url_for("rules.what_if", wait=1), 303)


def _measured(here: Services, author: str, known: Any) -> None:
    zone, told = here.settings.time_zone, here.settings.language
    defaults = edit_rules.Defaults(zone, told)
    try:
        edit_rules.measure_draft(here.sessions, author, now=here.now(), defaults=defaults, known=known)
    except Exception as error:  # a thread has nobody to raise to; its page offers to begin again
        log.warning("what_if_failed", error=type(error).__name__)


def what_if() -> Response:
    """What the draft would have done beside what the active version would have; waits while it is being replayed."""
    values = values_of(mine())
    draft = values["draft"]
    begun = request.args.get("wait") == "1" and not draft.differs
    waiting = not values["measured"] and (draft.measuring_since is not None or begun)
    said = draft.measured if values["measured"] else None
    with services().read_sessions() as session:
        names = {store.id: store.name for store in stores.shops(session, (NETWORK,))}
    values |= {"waiting": waiting, "said": said, "names": names}
    return make_response(render_template("rules/what_if.html", **values))

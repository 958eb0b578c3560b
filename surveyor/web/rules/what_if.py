"""What a draft of the rules would have done: over stored orders of a period, over a file, for one customer."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.periods import local_date
from surveyor.core.quoting import french
from surveyor.core.replay import Period
from surveyor.core.rules import check_rules
from surveyor.core.scope import NETWORK
from surveyor.db import customers, stores
from surveyor.db.rules import sha256
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import edit_rules
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.edit_rules.measuring import MEASURE_LASTS, MOST_DAYS
from surveyor.flows.edit_rules.one_customer import compare_customer
from surveyor.services import Services
from surveyor.web.forms import declared, press, read_fields, takes_file_of, uploaded
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.rules import sent_file
from surveyor.web.rules.draft import author, mine, values_of
from surveyor.web.rules.known import known_names
from surveyor.web.security.gate import needs

#: Seconds after which progress is shown instead.
AT_ONCE = 0.5
log = structlog.get_logger("surveyor.rules")
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


def register(area: Blueprint) -> None:
    """Add these pages to those of rules."""
    write = needs("write", "rules")
    area.post("/draft/measure")(write(measure))
    area.get("/draft/what-if")(write(what_if))
    area.post("/draft/what-if/file")(write(takes_file_of(sent_file.MOST_SENT)(send_file)))
    area.post("/draft/what-if/file/forget")(write(forget_file))
    area.get("/draft/what-if/customer/<customer_id>")(write(customer))


def measure() -> Response:
    """Begin the replay of a year, or of the days given; its page waits for it."""
    fields = declared(read_fields(), ("from", "to"))
    try:
        days = _days(fields.get("from", ""), fields.get("to", ""))
    except Refused as refused:
        return _page(refused.status, refused.complaints, fields)
    return _begin(lambda here, whose, known: _measured(here, whose, known, days))


def send_file() -> Response:
    """Begin the replay of a file of orders; it is deleted as soon as it was read."""
    declared(read_fields(limit=sent_file.MOST_SENT, multipart=True))
    try:
        path = sent_file.keep(uploaded("orders", limit=sent_file.MOST_SENT), services().settings.home)
    except Refused as refused:
        return _page(refused.status, refused.complaints)
    if check_rules(mine().text.encode(), known=known_names())[0] is None:
        path.unlink(missing_ok=True)
        return redirect(url_for("rules.page"), 303)
    return _begin(lambda here, whose, known: _tried(here, whose, known, path))


def forget_file() -> Response:
    """Let go of what a file said: the figures of the stored orders are shown again."""
    press()
    edit_rules.forget_trial(services().sessions, author())
    return redirect(url_for("rules.what_if"), 303)


def _begin(work: Callable[[Services, str, Any], None]) -> Response:
    """A thread replays; what is kept, or quickly made, is shown without a page that waits."""
    if check_rules(mine().text.encode(), known=known_names())[0] is None:
        return redirect(url_for("rules.page"), 303)
    thread = threading.Thread(target=work, args=(services(), author(), known_names()), name="what-if", daemon=True)
    thread.start()
    thread.join(AT_ONCE)
    return redirect(url_for("rules.what_if", wait=1), 303)


def _measured(here: Services, whose: str, known: Any, days: Period | None) -> None:
    try:
        edit_rules.measure_draft(
            here.sessions,
            whose,
            now=here.now(),
            defaults=_defaults(here),
            known=known,
            over=edit_rules.Over(days, here.read_sessions if here.read_sessions is not here.sessions else None),
        )
    except Exception as error:  # a thread has nobody to raise to; its page offers to begin again
        log.warning("what_if_failed", error=type(error).__name__)


def _tried(here: Services, whose: str, known: Any, path: Any) -> None:
    try:
        edit_rules.try_on_file(here.sessions, whose, path, now=here.now(), defaults=_defaults(here), known=known)
    except Exception as error:
        log.warning("what_if_failed", error=type(error).__name__)


def _defaults(here: Services) -> Defaults:
    return Defaults(here.settings.time_zone, here.settings.language)


def _days(first: str, last: str) -> Period | None:
    """The days asked for; None: the last 12 months. Raises Refused."""
    if not first and not last:
        return None
    today = _today()
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last) if last else today
    except ValueError:
        begin = end = date.min
    if begin == date.min or not begin <= end <= today or (end - begin).days > MOST_DAYS:
        fr = f"Donnez deux dates, la première avant la seconde, d'au plus {MOST_DAYS} jours et passées."
        en = f"Give two dates, the first before the second, {MOST_DAYS} days at most and past."
        raise Refused([Complaint("from", "field_value", french(fr), en)])
    return Period(begin.toordinal(), end.toordinal(), end.toordinal())


def _today() -> date:
    return local_date(now(), services().settings.time_zone)


def what_if() -> Response:
    """What the draft would have done beside what the active version would have; waits while it is being replayed."""
    return _page()


def _page(status: int = 200, complaints: Any = (), typed: Any = None) -> Response:
    values = values_of(mine())
    draft = values["draft"]
    trial = draft.trial if draft.trial and draft.trial.get("sha256") == sha256(draft.text).hex() else None
    begun = request.args.get("wait") == "1" and not draft.differs and not trial
    since = draft.measuring_since
    running = since is not None and now() - since < MEASURE_LASTS  # else its process ended without a word
    waiting = running or (begun and since is None and not values["measured"])
    said = trial or (draft.measured if values["measured"] else None)
    with services().read_sessions() as session:
        shops = stores.shops(session, (NETWORK,))
        examples = {} if trial else _examples(session, said)
    values |= {
        "waiting": waiting and not complaints,
        "said": said if said and "refused" not in said else None,
        "names": {store.id: store.name for store in shops},
        "regions": {store.id: store.region for store in shops},
        "examples": examples,
        "trial": trial,
        "complaints": list(complaints),
        "typed": typed or {},
        "today": _today(),
        "most_sent": sent_file.MOST_SENT // (1024 * 1024),
    }
    return make_response(render_template("rules/what_if.html", **values), status)


def _examples(session: Any, said: Any) -> dict[str, str]:
    """Our id of each customer named as an example, by the source's."""
    names = {name for side in ((said or {}).get("examples") or {}).values() for name in side}
    return {name: row.id.hex for name, row in customers.by_external_id(session, names).items()} if names else {}


def customer(customer_id: str) -> Response:
    """One customer under both versions, order by order."""
    if not _ID.fullmatch(customer_id):
        raise NotFound("customer")
    here = services()
    found = compare_customer(
        here.sessions, author(), UUID(hex=customer_id), language=language(), defaults=_defaults(here)
    )
    if found is None:
        raise NotFound("customer")
    values = {**values_of(mine()), "one": found, "customer_id": customer_id, "at": now()}
    return make_response(render_template("rules/customer.html", **values))

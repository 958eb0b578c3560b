"""`GET /api/v1/explain`: why a customer was, or was not, asked; the same words as the page and the command."""

from __future__ import annotations

from flask import Response, json, make_response

from surveyor.core.quoting import french
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.explain_decisions import Asking, explain_decisions
from surveyor.flows.explain_decisions.plain import story_to_json
from surveyor.web.api.door import key_for, reach
from surveyor.web.api.filters import arguments
from surveyor.web.here import services
from surveyor.web.language import language


@key_for("decisions:read")
def explain() -> Response:
    """Every decision of a customer or of an order, newest first, with what was counted and each check."""
    given = arguments("customer", "order")
    if len(given) != 1:
        fr, en = "Donnez ?customer ou ?order, l'un des deux.", "Give ?customer or ?order, one of the two."
        raise Refused([Complaint("?customer", "field_required", french(fr), en)])
    here = services()
    defaults = Defaults(here.settings.time_zone, here.settings.language)
    asking = Asking(reach(), language(), here.keyring, defaults)
    story = explain_decisions(here.sessions, next(iter(given.values())), asking)
    if story is None:
        raise NotFound("no decision that this key may see")
    response = make_response(json.dumps(story_to_json(story), ensure_ascii=False))
    response.mimetype = "application/json"
    return response

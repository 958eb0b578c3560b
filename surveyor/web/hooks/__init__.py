"""`POST /hooks/…`: orders that sources push and what mail providers say, believed for their signature alone."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Flask, Response, json, make_response, request

from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused
from surveyor.flows.keep_unusable import hook_name, keep_unusable
from surveyor.flows.manage_sources import Live, live_secrets
from surveyor.flows.receive_messages import receive_message
from surveyor.ingest import signatures, woocommerce
from surveyor.ingest.hooked import SHOP_HEADER, TELL, check_shop, read_hook, topic_of
from surveyor.ingest.payload import read_events
from surveyor.web.api.body import raw_body
from surveyor.web.api.buckets import take
from surveyor.web.api.orders import BURST, RATE, answer, take_batch
from surveyor.web.here import now, services
from surveyor.web.hooks import mail
from surveyor.web.language import language

LIMIT = 1024 * 1024
log = structlog.get_logger("surveyor.hooks")
hooks = Blueprint("hooks", __name__)


def register(app: Flask) -> None:
    """Add the routes."""
    mail.prepare(app)
    app.register_blueprint(hooks)


hooks.add_url_rule("/hooks/mail/sendgrid", view_func=mail.post_events, methods=["POST"])


@hooks.post("/hooks/orders/<source>")
def post_order(source: str) -> Response:
    """Size, signature, parse, store, answer: in this order. An unknown source is a wrong signature."""
    raw = raw_body(LIMIT, kinds=())
    here = services()
    found = live_secrets(here.sessions, source, keys=here.keyring)
    kind = found.kind
    if kind == "woocommerce" and woocommerce.is_ping(request.content_type or "", raw):
        return _said({"ignored": 1})
    checked = signatures.check(kind, found.secrets, dict(request.headers), raw, now())
    if checked.state != "good":
        log.warning("signature_refused", state=checked.state)
        raise _refused(checked)
    take(f"orders:{source}", rate=RATE, burst=BURST, at=now())
    return _platform(found, source, raw) if kind in TELL else _generic(source, raw)


@hooks.post("/hooks/mail/inbound/<source>")
def post_message(source: str) -> Response:
    """A customer's email (RFC 5322) as a mail server or its relay passes it on, signed by a generic source."""
    raw = raw_body(LIMIT, kinds=())
    here = services()
    found = live_secrets(here.sessions, source, keys=here.keyring)
    checked = signatures.check(
        "generic" if found.kind == "generic" else "none", found.secrets, dict(request.headers), raw, now()
    )
    if checked.state != "good":
        log.warning("signature_refused", state=checked.state)
        raise _refused(checked)
    take(f"inbound:{source}", rate=RATE, burst=BURST, at=now())
    return _said({"outcome": receive_message(here.sessions, raw, keys=here.keyring, now=now()).outcome})


def _generic(source: str, raw: bytes) -> Response:
    ndjson = request.mimetype == "application/x-ndjson"
    return answer(take_batch(read_events(raw, now=now(), ndjson=ndjson), source=source), language())


def _platform(found: Live, source: str, raw: bytes) -> Response:
    """A platform cannot correct itself and switches off a webhook that gets errors: always 200, the unusable kept."""
    topic = topic_of(request.headers.get(TELL[found.kind][1], ""))
    try:
        if found.kind == "shopify":
            check_shop(found.shop_domain, request.headers.get(SHOP_HEADER, ""))
        event = read_hook(found.kind, raw, topic=topic, source=source, now=now())
    except Refused as refused:
        complaint = refused.complaints[0]
        name = hook_name(topic, raw)
        keep_unusable(services().sessions, source=source, raw=raw, why=complaint.message_en, now=now(), name=name)
        return _said(
            {"quarantined": [{"code": "event_unusable", "where": complaint.where, "message": _words(complaint)}]}
        )
    return answer(take_batch([event], source=source), language())


def _words(complaint: Complaint) -> str:
    return complaint.message(language())


def _said(body: dict[str, Any]) -> Response:
    response = make_response(json.dumps(body, ensure_ascii=False))
    response.mimetype = "application/json"
    return response


def _refused(checked: signatures.Checked) -> Refused:
    if checked.state == "expired":
        fr = (
            f"Signature juste, mais horodatage hors de la fenêtre ({checked.age} s, {signatures.WINDOW} au plus). "
            "Vérifiez l'horloge et signez à chaque envoi."
        )
        en = (
            f"The signature is right but its timestamp is outside the window ({checked.age} s, at most "
            f"{signatures.WINDOW}). Check the clock and sign each sending."
        )
        return Refused([Complaint("", "signature_expired", french(fr), en)], status=403)
    fr = "Signature absente ou fausse. Elle porte sur les octets exacts du corps."
    en = "Signature missing or wrong. It covers the exact bytes of the body."
    return Refused([Complaint("", "signature_invalid", fr, en)], status=403)

"""`POST /hooks/…`: orders that sources push and what mail providers say, believed for their signature alone."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Flask, Response, json, make_response, request

from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused
from surveyor.flows.keep_unusable import keep_unusable
from surveyor.flows.manage_sources import live_secrets
from surveyor.ingest import shopify, signatures, woocommerce
from surveyor.ingest.payload import read_events
from surveyor.ingest.platform import event_of, mapping
from surveyor.ingest.unreadable import not_utf8, read_slowly
from surveyor.web.api.body import raw_body
from surveyor.web.api.buckets import take
from surveyor.web.api.orders import BURST, RATE, answer, take_batch
from surveyor.web.here import now, services
from surveyor.web.hooks import mail
from surveyor.web.language import language

LIMIT = 1024 * 1024
log = structlog.get_logger("surveyor.hooks")
hooks = Blueprint("hooks", __name__)
_TELL = {"shopify": (shopify.tell, "X-Shopify-Topic"), "woocommerce": (woocommerce.tell, "X-WC-Webhook-Topic")}


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
    kind, secrets = live_secrets(here.sessions, source, keys=here.keyring)
    if kind == "woocommerce" and woocommerce.is_ping(request.content_type or "", raw):
        return _said({"ignored": 1})
    checked = signatures.check(kind, secrets, dict(request.headers), raw, now())
    if checked.state != "good":
        log.warning("signature_refused", state=checked.state)
        raise _refused(checked)
    take(f"orders:{source}", rate=RATE, burst=BURST, at=now())
    return _platform(kind, source, raw) if kind in _TELL else _generic(source, raw)


def _generic(source: str, raw: bytes) -> Response:
    ndjson = request.mimetype == "application/x-ndjson"
    return answer(take_batch(read_events(raw, now=now(), ndjson=ndjson), source=source), language())


def _platform(kind: str, source: str, raw: bytes) -> Response:
    """A platform cannot correct itself and switches off a webhook that gets errors: always 200, the unusable kept."""
    tell, topic_header = _TELL[kind]
    try:
        content = mapping(read_slowly(_text(raw)))
        event = event_of(tell(_numbers(content), source=source, topic=request.headers.get(topic_header, "")), now=now())
    except Refused as refused:
        complaint = refused.complaints[0]
        keep_unusable(services().sessions, source=source, raw=raw, why=complaint.message_en, now=now())
        return _said(
            {"quarantined": [{"code": "event_unusable", "where": complaint.where, "message": _words(complaint)}]}
        )
    return answer(take_batch([event], source=source), language())


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Refused([not_utf8(raw, wrong)]) from None


def _numbers(value: Any) -> Any:
    """Numbers as texts, so that ids beyond 2^53 and amounts stay as they were written."""
    if isinstance(value, dict):
        return {name: _numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    return value if isinstance(value, str | bool | None) else str(value)


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

"""`POST /hooks/mail/sendgrid`: what happened to emails, stored raw once its signature is right, applied by a worker."""

from __future__ import annotations

import structlog
from flask import Flask, Response, current_app, make_response, request
from prometheus_client import Counter

from surveyor.db.health import is_away
from surveyor.errors import Complaint, Refused
from surveyor.flows.keep_provider_batch import keep_provider_batch
from surveyor.mail.providers import signature_check
from surveyor.services import Services
from surveyor.web.api.body import raw_body
from surveyor.web.api.buckets import take
from surveyor.web.errors import Stop
from surveyor.web.here import now, services

LIMIT = 2 * 1024 * 1024
RATE, BURST = 50, 200
log = structlog.get_logger("surveyor.hooks")


def prepare(app: Flask) -> None:
    """Read the public keys of the event webhook, so that a wrong one stops the start; count what is refused."""
    here: Services = app.extensions["surveyor"]
    registry = app.extensions["surveyor.metrics"]
    app.extensions["surveyor.mail_refused"] = Counter(
        "surveyor_mail_events_refused", "Event batches without a right signature.", registry=registry
    )
    app.extensions["surveyor.mail_check"] = signature_check("sendgrid", here.settings.sendgrid_webhook_keys)


def post_events() -> Response:
    """Size, signature over the raw bytes, stored, 204: what is inside is a worker's business. Else 403 and a count."""
    raw = raw_body(LIMIT, kinds=())
    if not current_app.extensions["surveyor.mail_check"](dict(request.headers), raw, now()):
        current_app.extensions["surveyor.mail_refused"].inc()
        log.warning("signature_refused", source="sendgrid")
        raise Refused([_INVALID], status=403)
    take("mail:sendgrid", rate=RATE, burst=BURST, at=now())
    try:
        keep_provider_batch(services().sessions, "sendgrid", raw, now=now())
    except Exception as error:
        if is_away(error):
            raise Stop("unavailable", 503, headers={"Retry-After": "5"}) from error
        raise
    return make_response("", 204)


_INVALID = Complaint("", "signature_invalid", "Signature absente ou fausse.", "Signature missing or wrong.")

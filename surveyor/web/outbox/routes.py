"""Pages of the outbox; they show addresses and living links, hence only to those who may change emails."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from surveyor.errors import NotFound
from surveyor.mail.providers.outbox.folder import Outbox, OutboxEmail
from surveyor.services import Services
from surveyor.web.here import services
from surveyor.web.security.gate import needs
from surveyor.web.security.headers import PREVIEW

area = Blueprint("outbox", __name__, url_prefix="/outbox")
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PAGE = 50


def folder_of(installation: Services) -> Outbox | None:
    """The folder that the provider writes to; None when emails really leave."""
    outbox = getattr(installation.provider, "outbox", None)
    return outbox if isinstance(outbox, Outbox) else None


def _outbox() -> Outbox:
    found = folder_of(services())
    if found is None:
        raise NotFound("outbox")
    return found


def _email(email_id: str) -> OutboxEmail:
    found = _outbox().open(UUID(hex=email_id)) if _ID.fullmatch(email_id) else None
    if found is None:
        raise NotFound("email")
    return found


@area.get("")
@needs("write", "emails")
def listing() -> AnyResponse:
    start = request.args.get("from", "")
    offset = int(start) if re.fullmatch(r"[0-9]{1,9}", start, re.ASCII) else 0
    outbox = _outbox()
    entries = outbox.entries(limit=_PAGE, offset=offset)
    total = outbox.count()
    following = offset + _PAGE if offset + _PAGE < total else 0
    sent = {entry.email_id: _instant(entry.date) for entry in entries}
    return make_response(
        render_template("outbox/listing.html", entries=entries, sent=sent, total=total, following=following)
    )


def _instant(date: str) -> datetime | None:
    """The instant of a Date header; None when it cannot be read."""
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return None
    return found if found.tzinfo else None


@area.get("/<email_id>")
@needs("write", "emails")
def page(email_id: str) -> AnyResponse:
    return make_response(render_template("outbox/page.html", email=_email(email_id), id=email_id))


@area.get("/<email_id>/html")
@needs("write", "emails")
def preview(email_id: str) -> AnyResponse:
    response = Response(_email(email_id).html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PREVIEW
    return response


@area.get("/<email_id>.eml")
@needs("write", "emails")
def source(email_id: str) -> AnyResponse:
    response = Response(_email(email_id).raw, content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="{email_id}.eml"'
    return response

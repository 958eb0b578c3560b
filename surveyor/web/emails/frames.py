"""The frames of previews: an email's HTML alone, under a policy of its own, for an `<iframe sandbox>` of our pages."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from surveyor.db import email_drafts
from surveyor.errors import NotFound
from surveyor.mail.published import PublishedEmail
from surveyor.web.emails.routes import number_of, version_of
from surveyor.web.emails.shown import Looked, built, looked, of_check, of_standing, samples
from surveyor.web.here import services
from surveyor.web.security.gate import needs
from surveyor.web.security.headers import PREVIEW
from surveyor.web.security.people import me

_DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme:\s*dark\s*\)")


def register(area: Blueprint) -> None:
    """Add the frames: of a version for who may read it, of one's own draft."""
    area.get("/<kind>/<number>/html")(needs("read", "emails")(version_frame))
    area.get("/<kind>/draft/html")(needs("write", "emails")(draft_frame))


def version_frame(kind: str, number: str) -> Response:
    """A published version."""
    found, stored = version_of(kind, number_of(number))
    asked = looked(kind)
    return _frame(of_standing(found, stored, asked.language), asked)


def draft_frame(kind: str) -> Response:
    """What this person's draft compiled to."""
    with services().sessions() as session:
        found = email_drafts.find(session, str(me().id), kind)
    if found is None:
        raise NotFound("draft")
    asked = looked(kind)
    template = of_check(kind, found.checked, asked.language)
    if template is None:
        raise NotFound("draft")
    return _frame(template, asked)


def _frame(template: PublishedEmail, asked: Looked) -> Response:
    message = built(template, samples(template.kind, asked.language)[asked.case])
    if message is None:
        raise NotFound("email")
    response = Response(as_seen(message.html, dark=asked.view == "dark"), content_type="text/html; charset=utf-8")
    policy = PREVIEW.replace("img-src 'self'", "img-src 'none'") if asked.view == "no_images" else PREVIEW
    response.headers["Content-Security-Policy"] = policy
    return response


def as_seen(html: str, *, dark: bool) -> str:
    """The same email for a mailbox in the dark or in the light, whatever the reader's own screen prefers."""
    html = _DARK.sub("@media all" if dark else "@media not all", html)
    return html.replace('content="light dark"', f'content="{"dark" if dark else "light"}"')

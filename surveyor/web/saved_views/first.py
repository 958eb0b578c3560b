"""What somebody sees of a page before choosing anything: their first view, when it is still of their scopes."""

from __future__ import annotations

from flask import g, redirect, request
from werkzeug.wrappers import Response

from surveyor.core.saved_filters import PAGES
from surveyor.db import saved_views
from surveyor.web.here import services
from surveyor.web.saved_views.routes import opens
from surveyor.web.security.people import me


def first_view() -> Response | None:
    """On the way to a page without a filter: to the reader's first view of it, if there is one."""
    if request.args or request.method != "GET" or request.path not in PAGES or g.get("staff") is None:
        return None
    with services().read_sessions() as session:
        kept = saved_views.first_of(session, me().id, request.path)
    return redirect(f"{request.path}?{kept}", 303) if kept and opens(kept) else None

"""Questions that customers ask: written by staff, read by everybody as a page or as JSON."""

from __future__ import annotations

from flask import Flask

from surveyor.web.faq import public, routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(public.area)

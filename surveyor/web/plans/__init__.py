"""Action plans: who does what about which label, where and from when, and what is measured around it."""

from __future__ import annotations

from flask import Flask

from surveyor.web.plans import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

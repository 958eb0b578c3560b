"""The stores that orders name: what is known of each, corrected by those who may."""

from __future__ import annotations

from flask import Flask

from surveyor.web.stores import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

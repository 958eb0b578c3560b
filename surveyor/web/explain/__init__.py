"""Why was this customer (not) asked? Every decision after an order, in sentences, for those who may know."""

from __future__ import annotations

from flask import Flask

from surveyor.web.explain import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

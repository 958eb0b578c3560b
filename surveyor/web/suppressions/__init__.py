"""Whom we do not write to and why: what stops an order from becoming an email, added and lifted by those who may."""

from __future__ import annotations

from flask import Flask

from surveyor.web.suppressions import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

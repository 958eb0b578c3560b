"""What a person must see to: alerts, streams that wait for a release, emails in doubt."""

from __future__ import annotations

from flask import Flask

from surveyor.web.alerts import doubts, routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(doubts.area)

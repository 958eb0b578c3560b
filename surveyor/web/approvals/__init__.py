"""What waits for a second person before it decides or leaves: rules and texts of emails, proposed by their authors."""

from __future__ import annotations

from flask import Flask

from surveyor.web.approvals import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

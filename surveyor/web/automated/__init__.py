"""What looks like the doing of mail scanners among the answers, by group of mailboxes."""

from __future__ import annotations

from flask import Flask

from surveyor.web.automated import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

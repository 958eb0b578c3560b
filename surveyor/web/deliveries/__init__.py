"""What became of emails after they left: by group of mailboxes, and the whole story of each."""

from __future__ import annotations

from flask import Flask

from surveyor.web.deliveries import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

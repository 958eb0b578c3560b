"""Emails as they would leave the embedded set-up: the outbox folder, with a preview that can run nothing."""

from __future__ import annotations

from flask import Flask

from surveyor.web.here import services
from surveyor.web.outbox import routes


def register(app: Flask) -> None:
    """Add the area where the provider is the outbox folder."""
    with app.app_context():
        if routes.folder_of(services()) is not None:
            app.register_blueprint(routes.area)

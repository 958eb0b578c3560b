"""Where orders come from: what each source delivered lately, and what of it could not be used."""

from __future__ import annotations

from flask import Flask

from surveyor.web.sources import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

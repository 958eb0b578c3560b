"""One's own account: name, language, password, signed-in browsers; for everybody who reads the line."""

from __future__ import annotations

from flask import Flask

from surveyor.web.profile import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)

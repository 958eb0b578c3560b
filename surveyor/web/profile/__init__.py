"""One's own account: name, language, password, second factor, browsers; for everybody who reads the line."""

from __future__ import annotations

from flask import Flask

from surveyor.web.profile import routes, second_factor


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(second_factor.area)

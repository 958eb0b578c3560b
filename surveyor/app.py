"""The composition root of the line: what an installation is made of (build_services), and its web side (create_app)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined

from surveyor.services import Services
from surveyor.settings import Settings
from surveyor.shipped import shipped
from surveyor.web import assets, errors, observe, operations, screens
from surveyor.web.areas import register_all
from surveyor.web.forms import STAFF_BYTES
from surveyor.web.security import forgery, gate, headers, hosts, people


def create_app(services: Services, *, templates: Path | None = None) -> Flask:
    """The web side of an installation: every area, behind one gate.

    templates: another folder than the one shipped. The order below is the order in which a request is looked at:
    its number, its host, its person, forgery, the gate; then its page.
    """
    app = Flask("surveyor", static_folder=None, template_folder=str(templates or shipped("templates")))
    app.extensions["surveyor"] = services
    app.config.update(MAX_CONTENT_LENGTH=32 * 1024 * 1024, MAX_FORM_MEMORY_SIZE=STAFF_BYTES, MAX_FORM_PARTS=100)
    app.config.update(TRAP_HTTP_EXCEPTIONS=False, PROPAGATE_EXCEPTIONS=False, DEBUG=False)
    app.url_map.strict_slashes = True
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    headers.install(app, https=services.settings.base_url.startswith("https://"))
    observe.install(app)
    errors.install(app)
    hosts.install(app, services.settings)
    people.install(app, services)
    forgery.install(app, services.settings)
    gate.install(app)
    assets.install(app)
    operations.install(app)
    screens.install(app)
    register_all(app)
    return app


def utc_now() -> datetime:
    """The clock of the edges."""
    return datetime.now(UTC)


def build_services(settings: Settings, **parts: Any) -> Services:
    """An installation out of its settings; `parts` replace any field (a clock, a provider)."""
    raise NotImplementedError("the mail side is not there yet")

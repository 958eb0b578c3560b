"""The composition root of the line: what an installation is made of (build_services), and its web side (create_app)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from jinja2 import StrictUndefined

from surveyor.core.guard import installation_name
from surveyor.db import cases, notices, responses
from surveyor.db import sessions as staff_links
from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.open_keyring import open_keyring
from surveyor.mail.providers import provider_from_url
from surveyor.services import Services
from surveyor.settings import Settings, with_keys
from surveyor.shipped import shipped
from surveyor.web import assets, errors, observe, operations, screens
from surveyor.web.addresses import Address
from surveyor.web.areas import register_all
from surveyor.web.forms import STAFF_BYTES
from surveyor.web.security import characters, forgery, gate, headers, hosts, packing, people


def create_app(services: Services, *, templates: Path | None = None) -> Flask:
    """The web side of an installation: every area, behind one gate.

    templates: another folder than the one shipped. The order below is the order in which a request is looked at:
    its number, its host, its person, forgery, the gate; then its page.
    """
    app = Flask("surveyor", static_folder=None, template_folder=str(templates or shipped("templates")))
    app.url_rule_class = Address
    app.extensions["surveyor"] = services
    app.config.update(MAX_CONTENT_LENGTH=32 * 1024 * 1024, MAX_FORM_MEMORY_SIZE=STAFF_BYTES, MAX_FORM_PARTS=100)
    app.config.update(TRAP_HTTP_EXCEPTIONS=False, PROPAGATE_EXCEPTIONS=False, DEBUG=False)
    app.url_map.strict_slashes = True
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    headers.install(app, https=services.settings.base_url.startswith("https://"))
    observe.install(app)
    errors.install(app)
    packing.install(app)
    hosts.install(app, services.settings)
    characters.install(app)
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
    """An installation out of its settings; `parts` replace any field (a clock, a provider).

    The secrets of an embedded home are drawn when it has none. Texts of emails are read at the first email built.
    """
    settings = with_keys(settings)
    now: Callable[[], datetime] = parts.get("now", utc_now)
    # A database that was given is the only one: opening the other would make an empty file of it.
    sessions = parts.get("sessions") or make_sessions(make_engine(settings.database_url))
    fields: dict[str, Any] = {
        "settings": settings,
        "sessions": sessions,
        "read_sessions": make_sessions(make_engine(settings.read_database_url, read_only=True)),
        "keyring": parts.get("keyring") or open_keyring(sessions, settings.secret_keys),
        "now": now,
        **parts,
    }
    if "provider" not in fields:
        fields["provider"] = provider_from_url(settings.mail_url, now=now, secrets=provider_secrets(settings))
    if "build" not in fields:
        fields["build"] = _builder(fields)
    return Services(**fields)


def provider_secrets(settings: Settings) -> dict[str, str]:
    """What a mail provider may read of the settings, by name."""
    return {
        "SENDGRID_API_KEY": settings.sendgrid_api_key,
        "SENDGRID_WEBHOOK_KEYS": ",".join(settings.sendgrid_webhook_keys),
        "INSTANCE_NAME": installation_name(settings.base_url)[:16],
    }


def _builder(fields: dict[str, Any]) -> Callable[[Any], Any]:
    """What builds emails: made at the first one, since most processes never build any."""

    @cache
    def surveys(survey: str, version: int) -> Any:
        with fields["sessions"]() as session:
            return responses.survey_of(session, survey, version)

    def seed(email_id: UUID) -> bytes | None:
        with fields["sessions"]() as session:
            return staff_links.seed_of_email(session, email_id)

    def notice(email_id: UUID) -> Any:
        with fields["sessions"]() as session:
            return notices.of_email(session, email_id)

    def reply(email_id: UUID) -> Any:
        with fields["sessions"]() as session:
            return cases.of_email(session, email_id)

    @lru_cache(maxsize=64)
    def published(kind: str, edition: int) -> Any:
        from surveyor.flows.published_texts import published_texts

        return published_texts(fields["sessions"], kind, edition)

    def writer() -> Any:
        from surveyor.flows.aim_figures import goals_of_file
        from surveyor.flows.write_report import Writer
        from surveyor.flows.write_voice.shelf import Shelf

        home, events = (
            fields["settings"].home,
            getattr(getattr(fields["provider"], "capabilities", None), "events", True),
        )
        return Writer(
            sessions=fields["sessions"],
            reads=fields["read_sessions"],
            now=fields["now"],
            shelf=Shelf(fields["settings"].time_zone, bool(events), lambda: goals_of_file(home)),
        )

    @cache
    def composer() -> Any:
        from surveyor.flows.compose_email import Composer
        from surveyor.mail.published import load_folder

        settings = fields["settings"]
        return Composer(
            emails=load_folder(shipped("emails")),
            keyring=fields["keyring"],
            base_url=settings.base_url,
            sender=settings.sender,
            now=fields["now"],
            language=settings.language,
            surveys=surveys,
            seeds=seed,
            replies=reply,
            published=published,
            reports=writer(),
            notices=notice,
        )

    return lambda facts: composer()(facts)

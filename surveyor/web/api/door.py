"""The door of the API, to orders and figures: a key in the Authorization header, its scope, its stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Blueprint, g, request

from surveyor.core.scope import Reach, Scope
from surveyor.db.access import KeyFacts
from surveyor.db.alerts import raise_alert
from surveyor.errors import Complaint, Refused
from surveyor.flows.manage_keys import check_key
from surveyor.web.api.buckets import take
from surveyor.web.here import now, services
from surveyor.web.security.client import network_prefix

View = TypeVar("View", bound=Callable[..., Any])
READS_A_MINUTE = 600
log = structlog.get_logger("surveyor.security")


def key_for(scope: str) -> Callable[[View], View]:
    """This route wants a key with that scope; "" lets everybody in."""

    def mark(view: View) -> View:
        view.key_scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def guard(blueprint: Blueprint, views: dict[str, Any]) -> None:
    """Check the key of every request of a blueprint; a route that names no scope is shut."""

    @blueprint.before_request
    def check() -> None:
        if "api_key" in request.args:
            _tell_of_a_key_in_url(request.args["api_key"])
            raise _key_in_url()
        view = views.get((request.endpoint or "").rpartition(".")[2])
        scope: str | None = getattr(view, "key_scope", None)
        if scope == "":
            return
        check_scope(scope)
        if request.method == "GET":
            take(f"read:{g.api_key.id}", rate=READS_A_MINUTE / 60, burst=READS_A_MINUTE, at=now())


def check_scope(scope: str | None) -> None:
    """The request carries a living key with that scope; Refused otherwise, 401 or 403."""
    g.api_key = _key()
    if scope is None or scope not in g.api_key.scopes:
        raise _scope_missing(scope or "-")


def api_key() -> KeyFacts:
    """The key of this request."""
    found: KeyFacts = g.api_key
    return found


def reach() -> Reach:
    """The stores that the key of this request may see."""
    return (Scope.parse(api_key().store_scope),)


def _key() -> KeyFacts:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    here = services()
    found = None
    network = network_prefix(request.remote_addr or "")
    if kind.lower() == "bearer":
        found = check_key(here.sessions, text.strip(), now=now(), network=network)
    if found is None:
        log.warning("key_refused", network=network)
        raise Refused([KEY_INVALID], status=401)
    if found.last_network not in ("", network):
        log.warning("key_from_new_network", id=found.id, before=found.last_network, network=network)
    return found


KEY_INVALID = Complaint(
    "Authorization",
    "key_invalid",
    "Clé d'API absente, inconnue, expirée ou révoquée. Envoyez « Authorization: Bearer svk_… ».",
    'API key missing, unknown, expired or revoked. Send "Authorization: Bearer svk_…".',
)


def _tell_of_a_key_in_url(text: str) -> None:
    """Somebody's log now holds a key of ours: a person has to replace it. A guess that is no key says nothing."""
    here = services()
    found = check_key(here.sessions, text, now=now(), network=network_prefix(request.remote_addr or ""))
    if found is not None:
        with here.sessions.begin() as session:
            raise_alert(session, "key_in_url", now=now(), subject=found.id, detail="replace this key: it was in a URL")


def _key_in_url() -> Refused:
    fr = "Une clé ne voyage pas dans l'adresse : elle reste dans les journaux. Utilisez l'en-tête Authorization "
    en = "A key does not travel in the address: it stays in logs. Use the Authorization header, and replace this key."
    return Refused([Complaint("?api_key", "key_in_url", fr + "et remplacez cette clé.", en)], status=400)


def _scope_missing(scope: str) -> Refused:
    fr = f"Cette clé n'a pas le droit {scope}. Créez-en une qui l'a."
    en = f"This key lacks the scope {scope}. Make one that has it."
    return Refused([Complaint("Authorization", "scope_missing", fr, en)], status=403)

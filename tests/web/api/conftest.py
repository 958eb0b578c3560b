"""An installation with its keys, as the written bad inputs of the API suppose it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveyor.app import create_app
from surveyor.db import network
from surveyor.db.network import StoreRow
from surveyor.flows.manage_keys import make_key, revoke_key
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from tests.web.conftest import make_services

READS = ("indicators:read", "responses:read", "decisions:read")


@dataclass(frozen=True)
class Api:
    """The API of an installation, and the text of each key by its name in the golden file."""

    client: FlaskClient
    services: Services
    keys: dict[str, str]

    def call(self, path: str, *, key: str | None = "key_read", method: str = "GET", **more: Any) -> Any:
        """Call with a key by name."""
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {self.keys[key]}"
        return self.client.open(path, method=method, headers=headers, **more)


@pytest.fixture
def api(sessions: Any, clock: Any, tmp_path: Path) -> Api:
    """The API on each engine in turn, with stores S1, S2 (nord) and S3 (sud)."""
    services = replace(make_services(sessions, clock, home=tmp_path), provider=MemoryProvider())
    now = clock()
    with sessions.begin() as session:
        network.add_names(session, now=now, regions=("nord", "sud"), segments=("vip", "famille"))
        rows = [("S1", "Lille Centre", "nord"), ("S2", "Arras", "nord"), ("S3", "Nice", "sud")]
        stores = [StoreRow(id, name, "Europe/Paris", region=region) for id, name, region in rows]
        network.add_stores(session, stores, day=now.date(), now=now)
    made = {
        "key_orders": make_key(sessions, name="orders", scopes=("orders:write",), now=now, actor="test"),
        "key_read": make_key(sessions, name="read", scopes=READS, now=now, actor="test"),
        "key_s1": make_key(sessions, name="s1", scopes=READS, now=now, actor="test", store_scope="store:S1"),
        "key_customers": make_key(sessions, name="customers", scopes=("customers:write",), now=now, actor="test"),
        "key_rules": make_key(sessions, name="rules", scopes=("rules:read",), now=now, actor="test"),
        "key_revoked": make_key(sessions, name="revoked", scopes=READS, now=now, actor="test"),
        "key_expired": make_key(sessions, name="expired", scopes=READS, now=now - timedelta(days=400), actor="test"),
    }
    revoke_key(sessions, made["key_revoked"].id, now=now, actor="test")
    app: Flask = create_app(services)
    return Api(app.test_client(), services, {name: key.text for name, key in made.items()})

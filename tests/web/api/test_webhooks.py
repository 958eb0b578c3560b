"""Webhooks by API: made once whatever is sent twice, listed without a secret, rested, ended, each delivery told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.db import outgoing
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.outgoing import Webhook, WebhookEvent
from surveyor.flows.manage_keys import make_key
from surveyor.flows.note_fact import note_fact
from tests.web.api.conftest import Api

WANTED: dict[str, Any] = {"url": "https://8.8.8.8/hook", "events": ["case.opened"], "name": "CRM"}


@pytest.fixture
def call(api: Api) -> Any:
    """A call with a key of both scopes."""
    here = api.services
    scopes = ("webhooks:read", "webhooks:write")
    key = make_key(here.sessions, name="hooks", scopes=scopes, now=here.now(), actor="test").text

    def send(method: str, path: str = "", body: Any = None, **headers: str) -> Any:
        said: dict[str, Any] = {"headers": {"Authorization": f"Bearer {key}"} | headers}
        if body is not None:
            said |= {"data": body if isinstance(body, bytes) else json.dumps(body), "content_type": "application/json"}
        return api.client.open(f"/api/v1/webhooks{path}", method=method, **said)

    return send


def test_a_webhook_is_made_shown_rested_and_ended(call: Any, api: Api) -> None:
    made = call("POST", body=WANTED)
    assert (made.status_code, made.json["secret"][:6], made.json["state"]) == (201, "whsec_", "live")
    assert {name: made.json[name] for name in WANTED} == WANTED
    assert made.headers["Location"] == f"/api/v1/webhooks/{made.json['id']}"
    path = f"/{made.json['id']}"
    shown = call("GET", path).json
    assert "secret" not in shown
    assert call("GET").json == {"data": [shown]}
    assert [call("POST", f"{path}/pause").json["state"] for _ in range(2)] == ["paused", "paused"]
    assert call("POST", f"{path}/resume", body={}).json["state"] == "live"
    changed = call("POST", f"{path}/secret").json
    assert changed["secret"] != made.json["secret"]
    assert changed["rotated_at"]
    assert call("DELETE", path).status_code == 204
    assert [call(*gone).status_code for gone in (("GET", path), ("DELETE", path), ("POST", f"{path}/pause"))] == [
        404
    ] * 3
    assert call("GET").json == {"data": []}
    with api.services.sessions() as session:
        said = select(AuditLine.action).where(AuditLine.action.startswith("webhook.")).order_by(AuditLine.n)
        told = list(session.scalars(said))
    assert told == [f"webhook.{word}" for word in ("made", "paused", "resumed", "rotated", "ended")]


def test_what_is_sent_twice_under_one_mark_is_made_once(call: Any, api: Api) -> None:
    mark = {"Idempotency-Key": "crm-1"}
    answers = [call("POST", body=WANTED, **mark) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json["id"] == answers[1].json["id"]
    assert "secret" not in answers[1].json
    other = call("POST", body=WANTED | {"url": "https://8.8.4.4/hook"}, **mark)
    assert (other.status_code, other.json["code"]) == (409, "made_already")
    with api.services.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Webhook)) == 1
    assert call("POST", body=WANTED).json["id"] != answers[0].json["id"], "without a mark each call makes one"
    call("DELETE", f"/{answers[0].json['id']}")
    assert call("POST", body=WANTED, **mark).json["code"] == "made_already"
    assert call("POST", body=WANTED, **{"Idempotency-Key": "é"}).json["code"] == "field_value"


@pytest.mark.parametrize(
    ("body", "status", "where", "code"),
    [
        (b"{", 400, "", "json_invalid"),
        (b'{"url": "\xff"}', 400, "", "json_invalid"),
        (b"[]", 422, "", "field_type"),
        (b'{"url": "https://8.8.8.8/", "url": "https://8.8.4.4/", "events": []}', 422, "/url", "json_duplicate_key"),
        ({"events": ["case.opened"]}, 422, "/url", "field_required"),
        (WANTED | {"url": 3}, 422, "/url", "field_type"),
        (WANTED | {"url": "http://8.8.8.8/"}, 422, "/url", "url_invalid"),
        (WANTED | {"url": "https://127.0.0.1/"}, 422, "/url", "url_internal"),
        (WANTED | {"events": "case.opened"}, 422, "/events", "field_type"),
        (WANTED | {"events": []}, 422, "/events", "field_required"),
        (WANTED | {"events": ["case.open"]}, 422, "/events", "field_value"),
        (WANTED | {"name": "x" * 81}, 422, "/name", "field_type"),
        (WANTED | {"secret": "mine"}, 422, "/secret", "field_unknown"),
        (WANTED | {"identity": True}, 422, "/identity", "step_up_required"),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_place(call: Any, body: Any, status: int, where: str, code: str) -> None:
    answer = call("POST", body=body)
    assert (answer.status_code, answer.json["errors"][0]["where"], answer.json["code"]) == (status, where, code)
    assert call("GET").json == {"data": []}


def test_s12_a_key_reads_without_writing_and_one_of_some_stores_does_neither(api: Api) -> None:
    here = api.services

    def status(scope: str, method: str, stores: str = "network") -> tuple[int, str]:
        name = f"{scope}-{method}-{stores}".replace(":", "-").lower()
        options: Any = {"scopes": (scope,), "now": here.now(), "actor": "test", "store_scope": stores}
        headers = {"Authorization": f"Bearer {make_key(here.sessions, name=name, **options).text}"}
        answer = api.client.open("/api/v1/webhooks", method=method, headers=headers, json=WANTED)
        return answer.status_code, (answer.json or {}).get("code", "")

    assert status("webhooks:read", "GET") == (200, "")
    assert status("webhooks:read", "POST") == (403, "scope_missing")
    assert status("webhooks:write", "GET") == (403, "scope_missing")
    assert status("webhooks:write", "POST", "store:S1") == (403, "not_allowed")
    assert status("webhooks:read", "GET", "region:nord") == (403, "not_allowed")


def test_each_delivery_is_told_and_told_once_more_on_demand(call: Any, api: Api, clock: Any) -> None:
    path = f"/{call('POST', body=WANTED).json['id']}"
    clock.set(clock().replace(minute=5))
    with api.services.sessions.begin() as session:
        for subject in ("x", "y", "z"):
            note_fact(session, "case.opened", subject, now=clock())
        outgoing.spread(session, now=clock())
        events = sorted((id_.hex for id_ in session.scalars(select(WebhookEvent.id))), reverse=True)
    first = call("GET", f"{path}/deliveries?limit=2").json
    assert [line["event"] for line in first["data"]] == events[:2]
    assert {line["state"] for line in first["data"]} == {"waiting"}
    rest = call("GET", f"{path}/deliveries?before={first['next']}").json
    assert ([line["event"] for line in rest["data"]], rest["next"]) == (events[2:], None)
    assert call("GET", path).json["deliveries"]["waiting"] == 3
    again = call("POST", f"{path}/deliveries/{events[0]}/replay")
    assert (again.status_code, again.json) == (202, {"event": events[0], "state": "waiting"})
    assert call("POST", f"{path}/deliveries/{'0' * 32}/replay").status_code == 404
    assert call("POST", f"{path}/deliveries/{events[0]}/replay", body={"x": 1}).json["code"] == "field_unknown"
    wrong = [call("GET", f"{path}/deliveries?{query}").json["code"] for query in ("before=x", "limit=0", "page=2")]
    assert wrong == ["cursor_invalid", "filter_value", "filter_unknown"]

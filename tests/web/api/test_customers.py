"""An opposition by API: in force once answered, for customers of the key's stores only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from surveyor.db.tables.emails import Email
from surveyor.db.tables.erasures import Erasure
from surveyor.db.tables.suppressions import Suppression
from surveyor.flows.manage_keys import make_key
from tests.web.api.conftest import Api
from tests.web.links import send


def made(api: Api, scope: str, stores: str = "network") -> str:
    here, name = api.services, (scope + stores).replace(":", "-").lower()
    options: Any = {"scopes": (scope,), "now": here.now(), "actor": "test", "store_scope": stores}
    return make_key(here.sessions, name=name, **options).text


def post(api: Api, customer: str, key: str, body: bytes = b"{}", kind: str = "application/json") -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    return api.client.post(f"/api/v1/customers/{customer}/unsubscribe", data=body, content_type=kind, headers=headers)


def test_a_customer_is_unsubscribed_once_and_what_waited_is_dropped(api: Api) -> None:
    key = made(api, "customers:write")
    sent = send(api.services, "opposed")
    with api.services.sessions.begin() as session:
        email: Any = session.get(Email, sent.email_id)
        email.state, email.sent_at = "pending", None
    answers = [post(api, "opposed", key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json["new"] for answer in answers] == [True, False]
    with api.services.sessions() as session:
        assert list(session.scalars(select(Suppression.reason))) == ["unsubscribed"]
        found: Any = session.get(Email, sent.email_id)
        assert (found.state, found.reason) == ("dropped", "UNSUBSCRIBED")


def test_a_request_without_a_body_needs_no_type_and_a_form_has_the_wrong_one(api: Api) -> None:
    key = made(api, "customers:write")
    send(api.services, "bare")
    headers = {"Authorization": f"Bearer {key}"}
    address = "/api/v1/customers/bare/unsubscribe"
    assert api.client.post(address, headers=headers).status_code == 200
    assert api.client.post(address, headers=headers, data=b"{}").status_code == 415
    assert post(api, "bare", key, b"", "application/x-www-form-urlencoded").status_code == 415


def test_a_customer_of_another_store_or_nobody_is_the_same_404(api: Api) -> None:
    send(api.services, "elsewhere", store="S3")
    narrow = made(api, "customers:write", "store:S1")
    assert post(api, "elsewhere", narrow).status_code == 404
    assert post(api, "nobody", narrow).status_code == 404
    assert post(api, "elsewhere", made(api, "customers:write", "store:S3")).status_code == 200


def test_a_body_that_says_something_and_one_that_is_no_json_are_refused(api: Api) -> None:
    key = made(api, "customers:write")
    assert post(api, "c1", key, b'{"reason": "x"}').status_code == 422
    wrong = post(api, "c1", key, b"x=1", "application/x-www-form-urlencoded")
    assert (wrong.status_code, wrong.json["code"]) == (415, "media_type_unsupported")
    assert post(api, "c1", made(api, "orders:write")).json["code"] == "scope_missing"


def test_s57_an_erasure_is_begun_once_answered_and_its_job_is_named(api: Api) -> None:
    key = made(api, "customers:write")
    sent = send(api.services, "leaving")
    with api.services.sessions.begin() as session:
        email: Any = session.get(Email, sent.email_id)
        email.state, email.sent_at = "pending", None
    headers = {"Authorization": f"Bearer {key}"}
    answers = [api.client.delete("/api/v1/customers/leaving", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json == answers[1].json, "the same erasure, asked for again"
    with api.services.sessions() as session:
        assert list(session.scalars(select(Suppression.reason))) == ["erased"]
        found: Any = session.get(Email, sent.email_id)
        assert (found.state, found.reason) == ("dropped", "UNSUBSCRIBED")
        assert session.scalars(select(Erasure.id)).one().hex == answers[0].json["job"]


def test_an_erasure_of_a_customer_of_another_store_or_of_nobody_is_the_same_404(api: Api) -> None:
    send(api.services, "elsewhere", store="S3")
    headers = {"Authorization": f"Bearer {made(api, 'customers:write', 'store:S1')}"}
    answers = [api.client.delete(f"/api/v1/customers/{name}", headers=headers) for name in ("elsewhere", "nobody")]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(404, "not_found")] * 2


def test_s34_a_name_with_a_nul_is_that_of_nobody_and_a_query_with_one_is_refused(api: Api) -> None:
    keys = {scope: {"Authorization": f"Bearer {made(api, scope)}"} for scope in ("customers:write", "decisions:read")}
    write, read = keys["customers:write"], keys["decisions:read"]
    assert api.client.post("/api/v1/customers/a%00b/unsubscribe", headers=write).status_code == 404
    assert api.client.delete("/api/v1/customers/a%00b", headers=write).status_code == 404
    for subject in ("customer", "order"):
        assert api.client.get(f"/api/v1/explain?{subject}=a%00b", headers=read).status_code == 400
    hook = api.client.post("/hooks/orders/a%00b", data=b"{}", content_type="application/json")
    assert (hook.status_code, hook.json["code"]) == (403, "signature_invalid")

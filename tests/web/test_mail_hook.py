"""The event webhook of SendGrid: believed for its signature over the raw bytes, stored, answered; nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.db.tables.emails import ProviderBatch
from surveyor.errors import SettingsError
from surveyor.services import Services
from surveyor.testing.sendgrid_server.events import Signer, batch
from tests.web.conftest import NOW, make_services

RAW = batch([{"event": "delivered", "email": "zoe@exemple.test"}])
AT = int(NOW.timestamp())


@pytest.fixture
def signers() -> tuple[Signer, Signer]:
    return Signer(), Signer()


@pytest.fixture
def here(sqlite_sessions: Any, clock: Any, signers: tuple[Signer, Signer]) -> Services:
    """An installation in the middle of a rotation: two keys are good."""
    return make_services(sqlite_sessions, clock, sendgrid_webhook_keys=tuple(one.public_key for one in signers))


@pytest.fixture
def client(here: Services) -> FlaskClient:
    return create_app(here).test_client()


def stored(here: Services) -> list[bytes]:
    with here.sessions() as session:
        return [bytes(body) for body in session.scalars(select(ProviderBatch.body))]


def post(client: FlaskClient, headers: dict[str, str], raw: bytes = RAW) -> Any:
    return client.post("/hooks/mail/sendgrid", data=raw, headers=headers)


def test_a_signed_body_is_stored_as_it_came_and_answered_with_nothing(
    client: FlaskClient, here: Services, signers: tuple[Signer, Signer]
) -> None:
    for signer in signers:
        answer = post(client, signer.headers(RAW, at=AT))
        assert (answer.status_code, answer.data) == (204, b"")
    assert stored(here) == [RAW, RAW]


def test_a_body_that_cannot_be_read_is_stored_all_the_same(
    client: FlaskClient, here: Services, signers: tuple[Signer, Signer]
) -> None:
    assert post(client, signers[0].headers(b"\xff", at=AT), b"\xff").status_code == 204
    assert stored(here) == [b"\xff"]


def test_s33_what_is_not_signed_right_is_refused_counted_and_not_stored(
    client: FlaskClient, here: Services, signers: tuple[Signer, Signer]
) -> None:
    good = signers[0].headers(RAW, at=AT)
    name = "X-Twilio-Email-Event-Webhook-Signature"
    wrong = [
        ({}, RAW),
        (good, RAW.rstrip()),
        (good, json.dumps(json.loads(RAW)).encode()),
        ({**good, name: "x"}, RAW),
        ({**good, name: "é"}, RAW),
        (Signer().headers(RAW, at=AT), RAW),
        (signers[0].headers(RAW, at=AT - 25 * 3600 - 60), RAW),
        (signers[0].headers(RAW, at=AT + 360), RAW),
        ({**good, "X-Twilio-Email-Event-Webhook-Timestamp": "9" * 30}, RAW),
    ]
    answers = [post(client, headers, raw) for headers, raw in wrong]
    assert {answer.status_code for answer in answers} == {403}
    said = [{name: value for name, value in answer.json.items() if name != "request_id"} for answer in answers]
    assert all(one == said[0] for one in said)
    assert said[0]["code"] == "signature_invalid"
    assert stored(here) == []
    assert b"surveyor_mail_events_refused_total 9.0" in client.get("/metrics").data


def test_a_retry_of_the_same_signature_is_taken_for_a_day_and_an_hour(
    client: FlaskClient, signers: tuple[Signer, Signer]
) -> None:
    assert post(client, signers[0].headers(RAW, at=AT - 25 * 3600 + 60)).status_code == 204
    assert post(client, signers[0].headers(RAW, at=AT + 240)).status_code == 204


def test_s49_without_a_key_the_route_is_shut(sqlite_sessions: Any, clock: Any, signers: tuple[Signer, Signer]) -> None:
    shut = create_app(make_services(sqlite_sessions, clock)).test_client()
    assert post(shut, signers[0].headers(RAW, at=AT)).status_code == 403


def test_a_key_that_is_none_stops_the_start(sqlite_sessions: Any, clock: Any) -> None:
    with pytest.raises(SettingsError, match="SENDGRID_WEBHOOK_KEYS"):
        create_app(make_services(sqlite_sessions, clock, sendgrid_webhook_keys=("x",)))


def test_more_than_two_mebibytes_are_not_read(client: FlaskClient, signers: tuple[Signer, Signer]) -> None:
    raw = b" " * (2 * 1024 * 1024 + 1)
    assert post(client, signers[0].headers(raw, at=AT), raw).status_code == 413


def test_s33_the_published_vector_is_taken_byte_for_byte(
    sqlite_sessions: Any, clock: Any, real_data: Callable[[str], Path]
) -> None:
    vector = json.loads(real_data("webhooks/sendgrid/signed_vector.json").read_text())
    raw = real_data("webhooks/sendgrid/signed_payload.bin").read_bytes()
    stamp = int(vector["headers"]["X-Twilio-Email-Event-Webhook-Timestamp"])
    clock.set(datetime.fromtimestamp(stamp, UTC) + timedelta(hours=1))
    here = make_services(sqlite_sessions, clock, sendgrid_webhook_keys=(vector["public_key_der_base64"],))
    taken = create_app(dataclasses.replace(here)).test_client()
    assert post(taken, vector["headers"], raw).status_code == 204
    assert post(taken, vector["headers"], raw[:-2]).status_code == 403
    assert stored(here) == [raw]

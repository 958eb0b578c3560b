"""Every written case of a survey link or form, over HTTP, on both engines: its status, its code, what is stored."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from surveyor.app import create_app
from surveyor.core.quoting import french
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.suppressions import Suppression
from surveyor.services import Services
from tests.web.conftest import make_services
from tests.web.links import Sent, mark, open_network, revoke, send

CASES = [
    case
    for case in json.loads((Path(__file__).parents[1] / "golden" / "bad_inputs.json").read_text("utf-8"))["cases"]
    if case["area"] == "survey_post"
]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def here(sessions: Any, clock: Any) -> Services:
    made = make_services(sessions, clock)
    open_network(made)
    return made


@pytest.fixture
def links(here: Services) -> dict[str, Sent]:
    now = here.now()
    made = {
        "survey_open": send(here, "c1"),
        "survey_answered": send(here, "c5"),
        "survey_expired": send(here, "c6", at=now - timedelta(days=31)),
        "survey_revoked": send(here, "c7"),
        "survey_other": send(here, "c9", store="S3"),
    }
    revoke(here, made["survey_revoked"])
    return made


def filled(text: str, here: Services, links: dict[str, Sent]) -> str:
    """The placeholders of a case: links, and nonces made when they are asked for."""
    values: dict[str, Callable[[], str]] = {name: (lambda s=sent: s.survey) for name, sent in links.items()}
    values["unsubscribe"] = lambda: links["survey_open"].unsubscribe
    values["nonce"] = lambda: mark(here, links["survey_open"])
    values["nonce_answered"] = lambda: mark(here, links["survey_answered"])
    values["nonce_fast"] = lambda: mark(here, links["survey_open"], seconds=0.3)
    values["nonce_old"] = lambda: mark(here, links["survey_open"], seconds=25 * 3600)
    values["nonce_other"] = lambda: mark(here, links["survey_other"])
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]]() if found[1] in values else found[0], text)


def requests_of(case: dict[str, Any], here: Services, links: dict[str, Sent]) -> list[dict[str, Any]]:
    """The requests of a case, in order."""
    given = case["input"]
    method = given.get("method", "POST")
    paths = given.get("paths") or [given.get("path", "/s/{survey_open}")]
    forms = given.get("form_each") or [given.get("form", [])]
    found = []
    shared = mark(here, links["survey_open"])
    for path in paths:
        for form in forms:
            fields = [(name, str(value)) for name, value in form]
            if "build_field" in given:
                name, parts = given["build_field"]
                fields.append((name, "".join(piece * times for piece, times in parts)))
            if "build_form" in given:
                fields = [(name % n, value) for name, value, times in given["build_form"] for n in range(times)]
            if not given.get("fresh_nonce_each"):
                fields = [(name, shared if value == "{nonce}" else value) for name, value in fields]
            pairs = [(name, filled(value, here, links)) for name, value in fields]
            headers = given.get("headers", {})
            body = given.get("body", urlencode(pairs)) if method == "POST" else None
            request = {"method": method, "path": filled(path, here, links), "headers": headers, "data": body}
            request["content_type"] = headers.get("Content-Type", FORM) if method == "POST" else None
            found.append(request)
    return found * given.get("times", 1)


def stored(here: Services) -> tuple[int, int]:
    """Responses that count, and suppressions."""
    with here.sessions() as session:
        counted = session.scalar(select(func.count()).select_from(Response).where(Response.score.is_not(None)))
        opposed = session.scalar(select(func.count()).select_from(Suppression))
    return counted or 0, opposed or 0


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['title']}" for case in CASES])
def test_a_written_case_is_answered_as_written(case: dict[str, Any], here: Services, links: dict[str, Sent]) -> None:
    app = create_app(here)
    before = stored(here)
    asked = requests_of(case, here, links)
    if case["input"].get("parallel"):
        answers = together(app, asked)
    else:
        client = app.test_client()
        answers = [client.open(**request) for request in asked]
    wanted = case["expect"]
    statuses = wanted["http"] if isinstance(wanted["http"], list) else [wanted["http"]]
    checked = answers[-1:] if "form_each" in case["input"] else answers
    assert {answer.status_code for answer in checked} <= set(statuses)
    assert all(answer.status_code < 500 for answer in answers)
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    after = stored(here)
    assert after != before if wanted["stored"] else after == before
    if case["id"] in ("SP-43", "SP-49"):
        assert sum(after) == sum(before) + 1
    if wanted["error_code"] and answers[-1].status_code != 405:
        check_words(answers[-1].get_data(as_text=True), wanted)
    if wanted.get("kept") == "quarantine":
        with here.sessions() as session:
            held = session.scalar(select(func.count()).select_from(ResponseRevision))
        assert held


def together(app: Any, asked: list[dict[str, Any]]) -> list[Any]:
    """The answers of requests that arrive at the same instant."""
    start, answers = threading.Barrier(len(asked)), []

    def ask(request: dict[str, Any]) -> None:
        start.wait()
        answers.append(app.test_client().open(**request))

    threads = [threading.Thread(target=ask, args=(request,)) for request in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def check_words(page: str, wanted: dict[str, Any]) -> None:
    """The page has the code, the place and the sentence, in French as the customer is."""
    assert f'data-code="{wanted["error_code"]}"' in page
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    sentence = french(wanted["message_fr"])
    plain = " ".join(sentence.split())
    assert plain.replace("\u00a0", " ") in said.replace("\u00a0", " ").replace("\u202f", " ")


def test_s10_the_three_unknown_links_have_the_same_page(here: Services, links: dict[str, Sent]) -> None:
    client = create_app(here).test_client()
    paths = [
        "/s/abc",
        "/s/0AAAAAAAAA-AAAAAAAAAAA",
        "/s/0AAAAAAAAAAAAAAAAAAAAA",
        f"/s/{links['survey_open'].unsubscribe}",
    ]
    pages = {client.get(path).get_data() for path in paths}
    assert len(pages) == 1

"""The same pages on SQLite and on PostgreSQL; and no GET changes anything but what counts openings."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from surveyor import logs
from surveyor.app import create_app
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db.listing import behind
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.mail.providers.outbox import OutboxProvider
from surveyor.services import Services
from surveyor.web.api.cursors import read, write
from surveyor.web.api.lists import decisions, invitations, responses
from tests.web.conftest import browser, make_services
from tests.web.links import open_network, send
from tests.web.test_strangers import answer

PAGES = [
    "/",
    "/?period=2026-11&by=store&span=month",
    "/?period=12m&by=segment&scope=region:nord",
    "/?period=2026-11&by=brand&segment=famille",
    "/verbatims?period=2026-11",
    "/verbatims?period=2026-11&band=promoter&all=1&after=1763600000000000-0192f1c47b1e7c559a573f6b5a0e9d11",
    "/explain?q=o-c1",
    "/rules",
    "/stores",
    "/stores/S1",
    "/users",
    "/users/new",
    "/profile",
    "/outbox",
    "/step-up",
]
#: What a GET may write: openings of links, when a browser was last used, who looked at whom.
COUNTERS = {"visits", "sessions", "audit", "audit_head"}


@pytest.fixture
def here(sessions: Any, clock: Any, tmp_path: Path) -> Services:
    outbox = OutboxProvider(tmp_path)
    outbox.outbox.make()
    made = dataclasses.replace(make_services(sessions, clock), provider=outbox)
    open_network(made)
    for number in range(11):
        answer(made, send(made, f"c{number}"), 9, "Très bien.")
    return made


def test_every_page_answers_on_both_engines(here: Services) -> None:
    app = create_app(here)
    user_id = add_user(here.sessions, user=NewUser("a@example.fr", "admin"), by=HOST, now=here.now())
    person = browser(app, here, user_id)
    for path in PAGES:
        answered = person.get(path, follow_redirects=True)
        assert answered.status_code == 200, path
    assert "+100" in re.sub(r"<[^>]+>", " ", person.get("/?period=2026-11&scope=store:S1").text)
    assert person.post("/stores/S1", {"region": "sud", "name": "Lille"}).status_code == 303
    assert person.post("/users/new", {"email": "b@example.fr", "role": "cx", "scope": "network"}).status_code == 303
    assert person.post("/profile", {"name": "Ana"}).status_code == 303


def test_a_list_read_a_page_at_a_time_is_the_whole_list_each_row_once(here: Services) -> None:
    period = Period.parse("2026-11", here.now().date())
    listed = (responses(), responses(identity=True), invitations(), decisions())
    with here.sessions() as session:
        whole = [len(one.walk(session, (NETWORK,), period, limit=1000)) for one in listed]
        for one, many in zip(listed, whole, strict=True):
            found, after = [], None
            while len(found) <= many and (rows := one.walk(session, (NETWORK,), period, limit=4, after=after)):
                found += [row[0] for row in rows]
                after = behind(rows[-1], one.columns, one.walked)
            assert len(found) == len(set(found)) == many, one.name
    assert whole[:3] == [11, 11, 11]


def test_pages_for_a_machine_go_through_all_rows_in_their_order(here: Services) -> None:
    for number, score in enumerate((3, 0, 9, 3, 10)):
        answer(here, send(here, f"d{number}"), score, "")
    period = Period.parse("2026-11", here.now().date())
    listed = {one.name: one for one in (responses(), responses("score"), invitations(), decisions())}
    with here.sessions() as session:
        for one in listed.values():
            found, after = [], None
            while len(found) < 100 and (rows := one.read(session, (NETWORK,), period, limit=3, after=after)):
                found += rows
                after = read(here.keyring, one.name, one.ordered_by, write(here.keyring, one.name, one.after(rows[-1])))
            assert found == one.read(session, (NETWORK,), period, limit=100)
            assert found == sorted(found, key=lambda row: (*(row[name] for name in one.ordered_by), row["id"].bytes))
            walked = [row[0] for row in one.walk(session, (NETWORK,), period, limit=100)]
            kept = [row["id"].bytes for row in found]
            assert sorted(kept) == sorted(getattr(row, "bytes", row) for row in walked), one.name
        lowest = listed["responses.score"].read(session, (NETWORK,), period, limit=100)
    assert [row["score"] for row in lowest] == [0, 3, 3, *[9] * 12, 10]


def test_s14_no_get_changes_anything(here: Services) -> None:
    app = create_app(here)
    sent = send(here, "quiet")
    user_id = add_user(here.sessions, user=NewUser("a@example.fr", "admin"), by=HOST, now=here.now())
    person = browser(app, here, user_id)
    before = everything(here)
    for path in [
        *PAGES,
        f"/s/{sent.survey}",
        f"/s/{sent.survey}/3",
        f"/s/{sent.survey}/thanks",
        f"/u/{sent.unsubscribe}",
    ]:
        person.get(path)
        person.client.head(path)
    person.get(f"/sign-in/link/{'x' * 43}")
    person.get("/sign-in")
    assert everything(here) == before


def everything(here: Services) -> dict[str, list[str]]:
    """Every row of every table but the counters."""
    with here.sessions() as session:
        tables = set(inspect(session.get_bind()).get_table_names()) - COUNTERS
        found = {}
        for table in sorted(tables):
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()
            found[table] = sorted(repr(tuple(row)) for row in rows)
        return found


def test_s46_the_access_log_has_no_token_no_address_and_no_words(sqlite_sessions: Any, clock: Any) -> None:
    import logging

    made = make_services(sqlite_sessions, clock)
    open_network(made)
    sent = send(made, "c1")
    kept, level = logging.getLogger().handlers[:], logging.getLogger().level
    lines = io.StringIO()
    logs.configure(stream=lines)
    try:
        client = create_app(made).test_client()
        page = client.get(f"/s/{sent.survey}/9").text
        nonce = re.search(r'name="nonce" value="([^"]+)"', page)
        assert nonce
        clock.forward(seconds=30)
        form = {"score": "9", "q_channel": "web", "comment": "CANARI-MOT", "nonce": nonce[1], "sign": ""}
        client.post(f"/s/{sent.survey}", data=form)
        client.post(f"/u/{sent.unsubscribe}", data={"List-Unsubscribe": "One-Click"})
        client.post("/sign-in", data={"email": "canari@example.fr", "password": "CANARI-SECRET"})
    finally:
        import structlog

        structlog.reset_defaults()
        logging.getLogger().handlers[:] = kept
        logging.getLogger().setLevel(level)
    written = lines.getvalue()
    assert len(written.splitlines()) >= 4
    assert all(json.loads(line) for line in written.splitlines())
    for secret in (sent.survey, sent.unsubscribe, nonce[1], "CANARI", "canari@example.fr"):
        assert secret not in written

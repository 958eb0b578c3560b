"""Keys and sources: what opens, what no longer does, and that no secret lies in the database in clear."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from surveyor.core.tokens import keys as keyring
from surveyor.errors import NotFound, Refused
from surveyor.flows.manage_keys import check_key, make_key, revoke_key
from surveyor.flows.manage_sources import NewSource, add_source, live_secrets, rotate_source

KEYS = keyring([bytes(range(32)), bytes(range(1, 33))])


def test_s12_a_key_opens_until_it_is_revoked_expires_or_sleeps(sessions: Any, clock: Any) -> None:
    made = make_key(sessions, name="till", scopes=("orders:write",), now=clock(), actor="ana")
    facts = check_key(sessions, made.text, now=clock(), network="192.0.2.0/24")
    assert facts is not None
    assert (facts.name, facts.scopes, facts.store_scope) == ("till", frozenset({"orders:write"}), "network")
    other = "y" if made.text.endswith("x") else "x"
    assert check_key(sessions, made.text[:-1] + other, now=clock()) is None
    assert check_key(sessions, made.text, now=clock() + timedelta(days=181)) is None
    assert check_key(sessions, made.text, now=clock() + timedelta(days=366)) is None
    revoke_key(sessions, made.id, now=clock(), actor="ana")
    assert check_key(sessions, made.text, now=clock()) is None
    with pytest.raises(NotFound):
        revoke_key(sessions, made.id, now=clock(), actor="ana")


@pytest.mark.parametrize(
    "wrong",
    [{"name": "Caisse !"}, {"scopes": ()}, {"scopes": ("everything",)}, {"store_scope": "galaxy:1"}],
)
def test_a_key_for_what_does_not_exist_is_refused(sqlite_sessions: Any, clock: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        make_key(
            sqlite_sessions, **{"name": "till", "scopes": ("orders:write",), "now": clock(), "actor": "ana", **wrong}
        )


def test_s11_a_source_has_two_live_secrets_while_it_rotates(sessions: Any, clock: Any) -> None:
    first = add_source(sessions, NewSource("shop", "generic", "consent"), keys=KEYS, now=clock(), actor="ana")
    assert live_secrets(sessions, "shop", keys=KEYS) == ("generic", [first.encode()], "")
    second = rotate_source(sessions, "shop", keys=KEYS, now=clock(), actor="ana")
    assert live_secrets(sessions, "shop", keys=KEYS) == ("generic", [second.encode(), first.encode()], "")
    with sessions() as session:
        stored = session.execute(text("SELECT secret, previous_secret FROM sources")).one()
    assert first.encode() not in bytes(stored[0]) + bytes(stored[1])
    with pytest.raises(Refused):
        add_source(sessions, NewSource("shop", "generic", "consent"), keys=KEYS, now=clock(), actor="ana")
    assert live_secrets(sessions, "nosuch", keys=KEYS) == ("", [], "")


def test_s11_a_source_that_came_without_a_secret_gets_its_first_one_when_it_rotates(
    sqlite_sessions: Any, clock: Any
) -> None:
    add_source(sqlite_sessions, NewSource("shop", "generic", "consent"), keys=KEYS, now=clock(), actor="ana")
    with sqlite_sessions.begin() as session:
        session.execute(text("UPDATE sources SET secret = NULL"))
    chosen = rotate_source(sqlite_sessions, "shop", keys=KEYS, now=clock(), actor="ana")
    assert live_secrets(sqlite_sessions, "shop", keys=KEYS).secrets == [chosen.encode()]


def test_s12_a_well_formed_key_that_nobody_made_opens_nothing(sqlite_sessions: Any, clock: Any) -> None:
    made = make_key(sqlite_sessions, name="till", scopes=("orders:write",), now=clock(), actor="ana")
    with sqlite_sessions.begin() as session:
        session.execute(text("DELETE FROM api_keys"))
    assert check_key(sqlite_sessions, made.text, now=clock()) is None

"""Signing in, stepping up, one-time links, and what ends a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from surveyor.core.tokens import keys
from surveyor.db import sessions as browsers
from surveyor.db import users
from surveyor.errors import NotFound, Refused
from surveyor.flows import passwords
from surveyor.flows.make_sign_in_link import first_sign_in_link, make_sign_in_link
from surveyor.flows.manage_users import HOST, NewUser, add_user, disable_user, edit_user, enable_user, set_password
from surveyor.flows.sign_in import Client, Given, Refusal, SignedIn, is_over, sign_in, sign_in_by_link, step_up
from surveyor.flows.sign_out import end_sessions, sign_out, touch_session

HERE = Client("192.0.2.0/24", "Firefox")
KEYS = keys([bytes(range(32))])
GOOD = "a quiet river under old bridges"


def make(sessions: Any, clock: Any, *, email: str = "ana@example.fr", role: str = "cx", scope: str = "network") -> UUID:
    user_id = add_user(sessions, user=NewUser(email, role, (scope,)), by=HOST, now=clock())
    set_password(sessions, user_id=user_id, password=GOOD, now=clock())
    return user_id


def browser_of(sessions: Any, cookie: str) -> browsers.Browser | None:
    with sessions.begin() as session:
        return browsers.find_browser(session, browsers.digest(cookie))


def test_the_right_password_opens_a_session_of_twelve_hours_and_thirty_idle_minutes(sessions: Any, clock: Any) -> None:
    make(sessions, clock)
    done = sign_in(sessions, email=" ANA@example.fr ", password=GOOD, client=HERE, now=clock())
    assert isinstance(done, SignedIn)
    browser = browser_of(sessions, done.cookie)
    assert browser is not None
    assert not is_over(browser, clock())
    assert is_over(browser, clock() + timedelta(minutes=30))
    used = replace(browser, seen_at=clock() + timedelta(hours=11, minutes=50))
    assert is_over(used, clock() + timedelta(hours=12))
    assert not is_over(used, clock() + timedelta(hours=11, minutes=59))


def test_s3_five_failures_close_the_account_for_fifteen_minutes_even_to_the_right_password(
    sessions: Any, clock: Any
) -> None:
    make(sessions, clock)
    for _ in range(5):
        assert sign_in(sessions, email="ana@example.fr", password="wrong", client=HERE, now=clock()) == Refusal.WRONG
    assert sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock()) == Refusal.LIMITED
    clock.forward(minutes=16)
    assert isinstance(sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock()), SignedIn)


def test_s3_twenty_failures_close_a_network_whatever_the_accounts(sqlite_sessions: Any, clock: Any) -> None:
    for n in range(20):
        sign_in(sqlite_sessions, email=f"u{n}@example.fr", password="x", client=HERE, now=clock())
    limited = sign_in(sqlite_sessions, email="u99@example.fr", password="x", client=HERE, now=clock())
    other = sign_in(
        sqlite_sessions, email="u99@example.fr", password="x", client=Client("198.51.100.0/24"), now=clock()
    )
    assert (limited, other) == (Refusal.LIMITED, Refusal.WRONG)


def test_s3_a_success_forgets_the_failures_of_the_account(sqlite_sessions: Any, clock: Any) -> None:
    make(sqlite_sessions, clock)
    for _ in range(3):
        for _ in range(4):
            sign_in(sqlite_sessions, email="ana@example.fr", password="wrong", client=HERE, now=clock())
        right = sign_in(sqlite_sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
        assert isinstance(right, SignedIn)


def test_s3_an_unknown_and_a_disabled_account_and_one_without_password_answer_alike(sessions: Any, clock: Any) -> None:
    make(sessions, clock, email="boss@example.fr", role="admin")
    gone = make(sessions, clock)
    disable_user(sessions, user_id=gone, by=HOST, now=clock())
    add_user(sessions, user=NewUser("new@example.fr", "cx"), by=HOST, now=clock())
    for email in ("ana@example.fr", "new@example.fr", "nobody@example.fr"):
        assert sign_in(sessions, email=email, password=GOOD, client=HERE, now=clock()) == Refusal.WRONG


def test_s1_passwords_are_argon2id_of_nineteen_mebibytes() -> None:
    stored = passwords.hash_password(GOOD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.outdated(stored)
    assert passwords.outdated("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("motdepasse1", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("password1234", "password_common"),
        ("P@ssw0rd!2026", "password_common"),
        ("azertyuiop123", "password_common"),
        ("123456789012", "password_common"),
        ("aaaaaaaaaaaaa", "password_common"),
        ("correct horse battery staple", "password_common"),
        ("MaisonVerte2026!", "password_common"),
        ("une phrase assez longue", ""),
        (GOOD, ""),
        ("コーヒーと雨の日の古い本屋さん", ""),
    ],
)
def test_s2_a_new_password_is_long_and_not_what_everybody_tries(password: str, code: str) -> None:
    found = passwords.weakness(password, ["Maison Verte"])
    assert (found.code if found else "") == code


def test_s5_the_link_of_the_host_signs_in_once_within_ten_minutes(sessions: Any, clock: Any) -> None:
    path = first_sign_in_link(sessions, now=clock())
    token = path.rpartition("/")[2]
    assert sign_in_by_link(sessions, token="x" * 43, client=HERE, now=clock()) is None
    done = sign_in_by_link(sessions, token=token, client=HERE, now=clock())
    assert done is not None
    assert done.account.role == "admin"
    assert sign_in_by_link(sessions, token=token, client=HERE, now=clock()) is None
    late = make_sign_in_link(sessions, email=done.account.email, now=clock()).rpartition("/")[2]
    assert sign_in_by_link(sessions, token=late, client=HERE, now=clock() + timedelta(minutes=10)) is None
    first_sign_in_link(sessions, now=clock())
    with sessions.begin() as session:
        assert users.count(session) == 1


def test_s5_no_link_is_made_for_an_unknown_address(sqlite_sessions: Any, clock: Any) -> None:
    with pytest.raises(Refused, match="No active account"):
        make_sign_in_link(sqlite_sessions, email="nobody@example.fr", now=clock())


def test_s7_a_new_password_another_role_and_disabling_end_every_session(sessions: Any, clock: Any) -> None:
    make(sessions, clock, email="boss@example.fr", role="admin")
    user_id = make(sessions, clock)

    def signed_in() -> str:
        done = sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
        assert isinstance(done, SignedIn)
        return done.cookie

    here, elsewhere = signed_in(), signed_in()
    set_password(sessions, user_id=user_id, password=GOOD, now=clock(), keep=browsers.digest(here))
    assert browser_of(sessions, here) is not None
    assert browser_of(sessions, elsewhere) is None
    edit_user(sessions, user_id=user_id, changes={"name": "Ana"}, by=HOST, now=clock())
    assert browser_of(sessions, here) is not None
    edit_user(sessions, user_id=user_id, changes={"role": "support"}, by=HOST, now=clock())
    assert browser_of(sessions, here) is None
    here = signed_in()
    disable_user(sessions, user_id=user_id, by=HOST, now=clock())
    assert browser_of(sessions, here) is None
    enable_user(sessions, user_id=user_id, by=HOST, now=clock())
    signed_in()


def test_a_person_signs_out_of_one_browser_or_of_all_the_others(sessions: Any, clock: Any) -> None:
    user_id = make(sessions, clock)
    cookies = []
    for _ in range(3):
        done = sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
        assert isinstance(done, SignedIn)
        cookies.append(done.cookie)
    sign_out(sessions, key=browsers.digest(cookies[0]))
    assert browser_of(sessions, cookies[0]) is None
    end_sessions(sessions, user_id=user_id, but=browsers.digest(cookies[1]))
    assert [browser_of(sessions, c) is not None for c in cookies] == [False, True, False]
    touch_session(sessions, key=browsers.digest(cookies[1]), user_id=user_id, now=clock.forward(minutes=20))
    with sessions.begin() as session:
        assert browsers.browsers_of(session, user_id)[0].seen_at == clock()


def test_s6_stepping_up_changes_the_cookie_and_keeps_the_end(sessions: Any, clock: Any) -> None:
    make(sessions, clock)
    done = sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
    assert isinstance(done, SignedIn)
    before = browser_of(sessions, done.cookie)
    assert before is not None
    clock.forward(minutes=10)
    assert step_up(sessions, browser=before, given=Given("wrong"), keys=KEYS, client=HERE, now=clock()) == Refusal.WRONG
    again = step_up(sessions, browser=before, given=Given(GOOD), keys=KEYS, client=HERE, now=clock())
    assert isinstance(again, SignedIn)
    after = browser_of(sessions, again.cookie)
    assert browser_of(sessions, done.cookie) is None
    assert after is not None
    assert (after.stepped_up_at, after.ends_at) == (clock(), before.ends_at)
    for _ in range(5):
        step_up(sessions, browser=after, given=Given("wrong"), keys=KEYS, client=HERE, now=clock())
    assert step_up(sessions, browser=after, given=Given(GOOD), keys=KEYS, client=HERE, now=clock()) == Refusal.LIMITED


def test_s28_the_last_active_admin_stays_one(sessions: Any, clock: Any) -> None:
    boss = make(sessions, clock, email="boss@example.fr", role="admin")
    for change in (
        lambda: edit_user(sessions, user_id=boss, changes={"role": "cx"}, by=HOST, now=clock()),
        lambda: disable_user(sessions, user_id=boss, by=HOST, now=clock()),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert (refused.value.code, refused.value.status) == ("last_admin", 409)
    make(sessions, clock, email="two@example.fr", role="admin")
    edit_user(sessions, user_id=boss, changes={"role": "cx", "scopes": ["region:nord"]}, by=HOST, now=clock())
    with sessions.begin() as session:
        account = users.by_id(session, boss)
        assert account is not None
        assert (account.role, account.scopes) == ("cx", ("region:nord",))


@pytest.mark.parametrize(
    ("user", "codes"),
    [
        (NewUser("not an address", "cx"), ["email_invalid"]),
        (NewUser("zoé@example.fr", "cx"), ["email_invalid"]),
        (NewUser("x@example.fr", "king"), ["field_value"]),
        (NewUser("x@example.fr", "cx", ()), ["field_required"]),
        (NewUser("x@example.fr", "cx", ("planet:mars",)), ["scope_invalid"]),
        (NewUser("x@example.fr", "store_manager"), ["field_value"]),
        (NewUser("x@example.fr", "store_manager", ("store:S1", "segment:drive")), ["field_value"]),
        (NewUser("x@example.fr", "region_manager", ("region:nord", "network")), ["field_value"]),
        (NewUser("x@example.fr", "cx", name="a\nb", language="xx"), ["field_value", "field_value"]),
    ],
)
def test_an_account_that_cannot_be_made_is_refused_with_what_is_wrong(
    sqlite_sessions: Any, clock: Any, user: NewUser, codes: list[str]
) -> None:
    with pytest.raises(Refused) as refused:
        add_user(sqlite_sessions, user=user, by=HOST, now=clock())
    assert [complaint.code for complaint in refused.value.complaints] == codes


def test_a_manager_never_gets_the_whole_network(sqlite_sessions: Any, clock: Any) -> None:
    user = make(sqlite_sessions, clock, role="support")
    for changes in ({"role": "store_manager"}, {"role": "store_manager", "scopes": ["network"]}):
        with pytest.raises(Refused) as refused:
            edit_user(sqlite_sessions, user_id=user, changes=changes, by=HOST, now=clock())
        assert [one.where for one in refused.value.complaints] == ["scope"]
    edit_user(
        sqlite_sessions,
        user_id=user,
        changes={"role": "store_manager", "scopes": ["store:S1", "store:S2"]},
        by=HOST,
        now=clock(),
    )


def test_an_address_has_one_account_and_an_unknown_one_none(sqlite_sessions: Any, clock: Any) -> None:
    make(sqlite_sessions, clock)
    with pytest.raises(Refused) as refused:
        add_user(sqlite_sessions, user=NewUser("Ana@Example.FR", "cx"), by=HOST, now=clock())
    assert (refused.value.code, refused.value.status) == ("user_exists", 409)
    with pytest.raises(NotFound):
        edit_user(sqlite_sessions, user_id=UUID(int=1), changes={}, by=HOST, now=clock())
    with pytest.raises(Refused):
        edit_user(sqlite_sessions, user_id=UUID(int=1), changes={"role": "king"}, by=HOST, now=clock())


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "\u00e9t\u00e9 \U0001f41f twelve",
        "a long sentence, repeated twice; " * 2,
        "z\u0142ota rybka" * 9,
    ],
)
def test_s1_any_twelve_to_a_hundred_and_twenty_eight_characters_are_a_password(
    sqlite_sessions: Any, clock: Any, password: str
) -> None:
    user_id = make(sqlite_sessions, clock)
    assert 12 <= len(password) <= 128
    set_password(sqlite_sessions, user_id=user_id, password=password, now=clock())
    done = sign_in(sqlite_sessions, email="ana@example.fr", password=password, client=HERE, now=clock())
    assert isinstance(done, SignedIn)
    for wrong in (password[:11], (password * 12)[:129]):
        with pytest.raises(Refused):
            set_password(sqlite_sessions, user_id=user_id, password=wrong, now=clock())


def test_s1_a_hash_of_weaker_settings_is_made_again_at_the_next_sign_in(sessions: Any, clock: Any) -> None:
    from argon2 import PasswordHasher

    user_id = make(sessions, clock)
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    with sessions.begin() as session:
        users.change(session, user_id, password_hash=weak)
    done = sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
    assert isinstance(done, SignedIn)
    with sessions() as session:
        stored = users.by_id(session, user_id).password_hash
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")

"""The door as a browser sees it: two steps, links by email, one's own second factor, what production asks for."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from surveyor.app import create_app
from surveyor.db import sessions as browsers
from surveyor.db import users
from surveyor.db.tables.users import StaffSession
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_second_factor import confirm_second_factor, offer_second_factor, offered_secret
from surveyor.flows.manage_users import HOST, NewUser, add_user, set_password
from surveyor.flows.send_account_link import make_password_link
from surveyor.services import Services
from tests.web.conftest import Enter, Person, browser, make_services

PASSWORD = "a quiet river under old bridges"
OTHER = "a loud river over new bridges"
HTTPS = "https://survey.example"
FORM = "application/x-www-form-urlencoded"


def make(here: Services, email: str = "ana@example.fr", role: str = "cx") -> Any:
    user_id = add_user(here.sessions, user=NewUser(email, role), by=HOST, now=here.now())
    set_password(here.sessions, user_id=user_id, password=PASSWORD, now=here.now())
    return user_id


def enrol(here: Services, clock: Any, user_id: Any) -> tuple[str, list[str]]:
    offer_second_factor(here.sessions, user_id=user_id, keys=here.keyring, now=here.now())
    secret = offered_secret(here.sessions, user_id=user_id, keys=here.keyring)
    code = now_code(secret, clock)
    codes = confirm_second_factor(here.sessions, user_id=user_id, code=code, keys=here.keyring, now=here.now())
    clock.forward(minutes=1)
    return secret, codes


def now_code(secret: str, clock: Any) -> str:
    return str(pyotp.TOTP(secret).at(clock()))


def sign_in(client: FlaskClient, **more: Any) -> Any:
    return client.post("/sign-in", data={"email": "ana@example.fr", "password": PASSWORD}, **more)


def step_in(page: str) -> str:
    found = re.search(r'name="step" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_s4_the_second_step_comes_before_the_cookie(app: Flask, installation: Services, clock: Any) -> None:
    secret, _ = enrol(installation, clock, make(installation))
    client = app.test_client()
    asked = client.post("/sign-in?next=/stores", data={"email": "ana@example.fr", "password": PASSWORD})
    assert (asked.status_code, "Set-Cookie" in asked.headers) == (200, False)
    assert asked.headers["Cache-Control"] == "no-store"
    step = step_in(asked.text)
    wrong = client.post("/sign-in/code?next=/stores", data={"step": step, "code": "000000"})
    assert wrong.status_code == 401
    assert 'data-code="code_wrong"' in wrong.text
    done = client.post(
        "/sign-in/code?next=/stores", data={"step": step_in(wrong.text), "code": now_code(secret, clock)}
    )
    assert (done.status_code, done.headers["Location"]) == (303, "/stores")
    assert client.get("/stores").status_code == 200


def test_s4_a_second_step_that_is_over_starts_again(app: Flask, installation: Services, clock: Any) -> None:
    secret, _ = enrol(installation, clock, make(installation))
    client = app.test_client()
    step = step_in(sign_in(client).text)
    clock.forward(minutes=10)
    late = client.post("/sign-in/code", data={"step": step, "code": now_code(secret, clock)})
    assert late.status_code == 401
    assert 'data-code="sign_in_over"' in late.text
    assert 'name="password"' in late.text
    assert client.post("/sign-in/code", data={"step": step, "code": ""}).status_code == 422
    assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 401


def test_s3_the_sixth_code_says_to_wait(app: Flask, installation: Services, clock: Any) -> None:
    enrol(installation, clock, make(installation))
    client = app.test_client()
    step = step_in(sign_in(client).text)
    answers = [client.post("/sign-in/code", data={"step": step, "code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[5].headers["Retry-After"] == "900"


def test_s39_the_second_step_goes_on_to_our_own_pages_alone(app: Flask, installation: Services, clock: Any) -> None:
    secret, _ = enrol(installation, clock, make(installation))
    client = app.test_client()
    step = step_in(sign_in(client).text)
    data = {"step": step, "code": now_code(secret, clock)}
    assert client.post("/sign-in/code?next=https://evil.example/", data=data).headers["Location"] == "/"


def test_s4_somebody_turns_it_on_in_their_profile_and_sees_ten_codes_once(enter: Enter, clock: Any) -> None:
    person = enter("marketing")
    assert "second-factor" in person.get("/profile").text
    assert 'class="qr"' not in person.get("/profile/second-factor").text
    assert person.post("/profile/second-factor").status_code == 303
    page = person.get("/profile/second-factor").text
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert found is not None
    assert 'class="qr"' in page
    secret = found[1].replace(" ", "")
    wrong = person.post("/profile/second-factor/confirm", {"code": "000000"})
    assert wrong.status_code == 422
    assert 'data-code="code_wrong"' in wrong.text
    done = person.post("/profile/second-factor/confirm", {"code": now_code(secret, clock)})
    assert done.status_code == 200
    codes = re.findall(r"<code>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</code>", done.text)
    assert len(set(codes)) == 10
    after = person.get("/profile/second-factor").text
    assert secret not in after.replace(" ", "")
    assert not any(code in after for code in codes)


def test_s4_the_picture_says_the_secret_and_comes_from_here(enter: Enter) -> None:
    from surveyor.web.profile.picture import qr

    person = enter("cx")
    person.post("/profile/second-factor")
    page = person.get("/profile/second-factor").text
    path = re.search(r'<path d="([^"]+)" fill="#000"/>', page)
    secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert path is not None
    assert secret is not None
    address = f"otpauth://totp/surveyor:cx1%40example.fr?secret={secret[1].replace(' ', '')}&issuer=surveyor"
    assert parse_qs(urlsplit(address).query)["issuer"] == ["surveyor"]
    assert qr(address).path == path[1]
    assert "http" not in path[1]


def test_s29_the_second_factor_changes_only_after_a_fresh_step_up(enter: Enter, clock: Any) -> None:
    person = enter("cx")
    clock.forward(minutes=6)
    assert person.get("/profile/second-factor").headers["Location"] == "/step-up?next=/profile/second-factor"
    for path in ("", "/confirm", "/codes", "/off"):
        answer = person.post(f"/profile/second-factor{path}", {"code": "000000"} if path == "/confirm" else {})
        assert answer.status_code == 403
        assert 'data-code="step_up_required"' in answer.text


def test_s29_a_code_steps_up(app: Flask, installation: Services, clock: Any) -> None:
    user_id = make(installation, role="admin")
    secret, _ = enrol(installation, clock, user_id)
    person = browser(app, installation, user_id)
    clock.forward(minutes=6)
    assert person.get("/users/new").status_code == 303
    assert 'name="code"' in person.get("/step-up").text
    assert person.post("/step-up", {}).status_code == 422
    assert person.post("/step-up", {"code": "000000"}).status_code == 401
    done = person.post("/step-up?next=/users/new", {"code": now_code(secret, clock)})
    assert (done.status_code, done.headers["Location"]) == (303, "/users/new")
    assert person.get("/users/new").status_code == 200


def test_turning_it_off_and_making_codes_again(app: Flask, installation: Services, clock: Any) -> None:
    user_id = make(installation)
    enrol(installation, clock, user_id)
    person = browser(app, installation, user_id)
    assert person.post("/profile/second-factor").status_code == 409
    assert len(re.findall(r"<code>[a-z2-9-]{14}</code>", person.post("/profile/second-factor/codes").text)) == 10
    assert person.post("/profile/second-factor/off").status_code == 303
    assert sign_in(app.test_client()).status_code == 303


@pytest.fixture
def production(sqlite_sessions: Any, clock: Any) -> Services:
    return make_services(sqlite_sessions, clock, env="production", base_url=HTTPS)


class Secure(Person):
    """A browser over https."""

    def get(self, path: str, **more: Any) -> Any:
        return super().get(path, base_url=HTTPS, **more)

    def post(self, path: str, data: Any = None, *, csrf: bool = True, **more: Any) -> Any:
        return super().post(path, data, csrf=csrf, base_url=HTTPS, **more)


def in_production(here: Services, role: str) -> Secure:
    """Somebody who just signed in."""
    person = browser(create_app(here), here, make(here, f"{role}@example.fr", role))
    cookie = person.client.get_cookie("surveyor")
    assert cookie is not None
    person.client.set_cookie("__Host-surveyor", cookie.value, secure=True, domain="survey.example")
    return Secure(person.client, person.user_id, person.csrf)


@pytest.mark.parametrize("role", ["admin", "cx"])
def test_s4_in_production_who_may_write_to_everybody_does_nothing_before_it(
    production: Services, clock: Any, role: str
) -> None:
    person = in_production(production, role)
    for path in ("/", "/stores", "/users", "/profile"):
        assert person.get(path).headers["Location"] == f"/profile/second-factor?next={path}"
    refused = person.post("/stores/S1", {"name": "x"})
    assert refused.status_code == 403
    assert 'data-code="second_factor_required"' in refused.text
    assert person.get("/profile/second-factor").status_code == 200
    assert person.post("/profile/second-factor").status_code == 303
    secret = offered_secret(production.sessions, user_id=person.user_id, keys=production.keyring)
    assert person.post("/profile/second-factor/confirm", {"code": now_code(secret, clock)}).status_code == 200
    assert person.get("/").status_code == 200


def test_s4_in_production_the_others_may_do_without(production: Services) -> None:
    person = in_production(production, "marketing")
    assert person.get("/").status_code == 200


def test_s5_outside_of_the_embedded_set_up_no_link_signs_in(production: Services) -> None:
    from surveyor.flows.make_sign_in_link import first_sign_in_link

    path = first_sign_in_link(production.sessions, now=production.now())
    client = create_app(production).test_client()
    assert client.get(path, base_url=HTTPS).status_code == 404
    assert client.post(path, data=b"", content_type=FORM, base_url=HTTPS).status_code == 404


def test_s5_nor_does_one_where_other_machines_reach(sqlite_sessions: Any, clock: Any) -> None:
    from surveyor.flows.make_sign_in_link import first_sign_in_link

    here = make_services(sqlite_sessions, clock, base_url="http://192.0.2.7:8000")
    path = first_sign_in_link(here.sessions, now=here.now())
    assert create_app(here).test_client().get(path).status_code == 404


def test_s8_a_password_is_chosen_by_a_link_and_signing_in_comes_after(app: Flask, installation: Services) -> None:
    make(installation)
    path = make_password_link(
        installation.sessions, email="ana@example.fr", keys=installation.keyring, now=installation.now()
    )
    client = app.test_client()
    for _ in range(2):
        page = client.get(path)
        assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert client.post(path, data={"password": "court"}).status_code == 422
    done = client.post(path, data={"password": OTHER})
    assert (done.status_code, done.headers["Location"]) == (303, "/sign-in?changed=1")
    assert "Set-Cookie" not in done.headers
    assert client.get("/profile").status_code == 303
    assert sign_in(client).status_code == 401
    assert client.post("/sign-in", data={"email": "ana@example.fr", "password": OTHER}).status_code == 303


def test_s14_somebody_who_is_signed_in_may_ask_for_a_link_and_use_it(
    app: Flask, installation: Services, enter: Enter
) -> None:
    """The forms of the door carry the token of a session where there is one."""
    make(installation)
    person = enter("cx")
    path = make_password_link(
        installation.sessions, email="ana@example.fr", keys=installation.keyring, now=installation.now()
    )
    for page in ("/reset", path):
        assert f'name="csrf_token" value="{person.csrf}"' in person.get(page).text
    assert person.post("/reset", {"email": "ana@example.fr"}).status_code == 200
    assert person.post(path, {"password": OTHER}).status_code == 303
    assert person.post(path, {"password": OTHER}, csrf=False).status_code == 400


def test_s8_a_link_that_was_used_is_over_or_never_was_gets_one_answer(app: Flask, installation: Services) -> None:
    make(installation)
    path = make_password_link(
        installation.sessions, email="ana@example.fr", keys=installation.keyring, now=installation.now()
    )
    app.test_client().post(path, data={"password": OTHER})
    client = app.test_client()
    for gone in (path, "/reset/" + "0" * 44, "/reset/x"):
        for answer in (client.get(gone), client.post(gone, data={"password": OTHER})):
            assert answer.status_code == 410
            assert 'data-code="reset_link_used"' in answer.text


def test_s8_a_reset_does_not_skip_the_second_factor(app: Flask, installation: Services, clock: Any) -> None:
    enrol(installation, clock, make(installation))
    path = make_password_link(
        installation.sessions, email="ana@example.fr", keys=installation.keyring, now=installation.now()
    )
    client = app.test_client()
    client.post(path, data={"password": OTHER})
    asked = client.post("/sign-in", data={"email": "ana@example.fr", "password": OTHER})
    assert (asked.status_code, "Set-Cookie" in asked.headers) == (200, False)
    assert step_in(asked.text)


def test_s8_the_page_is_the_same_for_an_unknown_address_and_the_fourth_waits_an_hour(
    app: Flask, installation: Services
) -> None:
    make(installation)
    known, unknown = (
        app.test_client().post("/reset", data={"email": email}) for email in ("ana@example.fr", "bea@example.fr")
    )
    assert known.status_code == 200
    assert known.data.replace(b"ana@", b"") == unknown.data.replace(b"bea@", b"")
    for email in ("ana@example.fr", "bea@example.fr"):
        answers = [app.test_client().post("/reset", data={"email": email}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["Retry-After"] == "3600"


def test_s7_people_see_their_sessions_and_end_one(app: Flask, installation: Services, enter: Enter) -> None:
    here = enter("cx")
    there = browser(app, installation, here.user_id)
    stranger = enter("cx")
    with installation.sessions() as session:
        names = {one.csrf: one.name for one in browsers.browsers_of(session, here.user_id)}
        other = browsers.browsers_of(session, stranger.user_id)[0].name
    assert names[there.csrf] in here.get("/profile").text
    assert here.post(f"/profile/browsers/{other}/end").status_code == 404
    assert stranger.get("/profile").status_code == 200
    assert here.post(f"/profile/browsers/{names[there.csrf]}/end").status_code == 303
    assert there.get("/profile").status_code == 303
    assert here.get("/profile").status_code == 200
    assert here.post(f"/profile/browsers/{names[there.csrf]}/end").status_code == 404


def test_s7_ending_another_session_asks_for_the_password_again(
    app: Flask, installation: Services, enter: Enter
) -> None:
    first, at = enter("cx"), installation.now()
    set_password(installation.sessions, user_id=first.user_id, password="a quiet river under old bridges", now=at)
    here, there = (browser(app, installation, first.user_id) for _ in range(2))
    with installation.sessions.begin() as session:
        name = {one.csrf: one.name for one in browsers.browsers_of(session, here.user_id)}[there.csrf]
        session.execute(update(StaffSession).values(stepped_up_at=None))
    for path in (f"/profile/browsers/{name}/end", "/profile/sign-out-elsewhere"):
        assert here.post(path).headers["Location"] == "/step-up?next=/profile"
    assert there.get("/profile").status_code == 200
    with installation.sessions.begin() as session:
        session.execute(update(StaffSession).values(stepped_up_at=at))
    assert here.post(f"/profile/browsers/{name}/end").headers["Location"] == "/profile?saved=1"
    assert there.get("/profile").status_code == 303


def test_s7_closing_an_account_lists_its_keys_ticked_and_ends_those(enter: Enter, installation: Services) -> None:
    admin, other = enter("admin"), enter("admin")
    made = [
        make_key(installation.sessions, name=name, scopes=("orders:write",), now=installation.now(), actor=str(who))
        for name, who in (("till-1", other.user_id), ("till-2", other.user_id), ("erp", admin.user_id))
    ]
    page = admin.get(f"/users/{other.user_id}").text
    assert page.count('name="revoke"') == 2
    assert f'name="revoke" value="{made[0].id}" checked' in page
    assert made[2].id not in page
    form = [("revoke", made[0].id), ("revoke", made[2].id)]
    assert admin.post(f"/users/{other.user_id}/disable", form).status_code == 303
    from surveyor.db import access

    with installation.sessions() as session:
        revoked = [access.key(session, one.id).revoked_at is not None for one in made]
    assert revoked == [True, False, False]


def test_a_new_account_gets_its_invitation_and_another_on_demand(enter: Enter, installation: Services) -> None:
    from surveyor.db.tables.emails import Email

    admin = enter("admin")
    done = admin.post("/users/new", {"email": "new@example.fr", "role": "support", "scope": "network"})
    assert done.status_code == 303
    with installation.sessions() as session:
        user = users.by_email(session, "new@example.fr")
    assert user is not None
    assert admin.post(f"/users/{user.id}/invite").status_code == 303
    with installation.sessions() as session:
        queued = [(one.kind, one.user_id, one.priority, one.state) for one in session.query(Email)]
    assert queued == [("account-invitation", user.id, 1, "pending")] * 2
    assert "new@example.fr" in admin.get(done.headers["Location"]).text


def test_users_show_who_has_a_second_factor(app: Flask, installation: Services, enter: Enter, clock: Any) -> None:
    admin = enter("admin")
    enrol(installation, clock, make(installation))
    rows = re.findall(r"<tr>.*?</tr>", admin.get("/users").text, re.DOTALL)
    on = [row for row in rows if "is-good" in row]
    assert len(on) == 1
    assert "ana@example.fr" in on[0]


def test_s54_metrics_answer_loopback_declared_networks_and_keys(installation: Services, app: Flask) -> None:
    far = {"REMOTE_ADDR": "198.51.100.7"}
    client = app.test_client()

    def ask(*scopes: str, revoked: bool = False) -> Any:
        made = make_key(installation.sessions, name="m", scopes=scopes, now=installation.now(), actor="test")
        if revoked:
            from surveyor.flows.manage_keys import revoke_key

            revoke_key(installation.sessions, made.id, now=installation.now(), actor="test")
        return client.get("/metrics", environ_base=far, headers={"Authorization": f"Bearer {made.text}"})

    assert client.get("/metrics", environ_base=far).status_code == 404
    assert ask("metrics:read").status_code == 200
    assert "surveyor_http_requests" in ask("metrics:read").text
    missing, revoked = ask("orders:write"), ask("metrics:read", revoked=True)
    assert (missing.status_code, missing.get_json()["code"]) == (403, "scope_missing")
    assert (revoked.status_code, revoked.get_json()["code"]) == (401, "key_invalid")
    assert client.get("/metrics").status_code == 200


def test_s12_a_key_is_made_in_the_browser_shown_once_and_revoked_there(enter: Enter, app: Flask) -> None:
    admin = enter("admin")
    form = [("name", "till-lille"), ("scopes", "orders:write"), ("scopes", "metrics:read"), ("stores", "store:S1")]
    made = admin.post("/keys/new", [*form, ("expires", "2027-01-31")])
    assert made.status_code == 200
    key = re.search(r"<code>(svk_\w+)</code>", made.text)
    assert key is not None
    key_id = key[1].split("_")[1]
    listing = admin.get("/keys").text
    assert key_id in listing
    assert key[1] not in listing
    far = {"REMOTE_ADDR": "198.51.100.7"}
    headers = {"Authorization": f"Bearer {key[1]}"}
    assert app.test_client().get("/metrics", environ_base=far, headers=headers).status_code == 200
    assert admin.post(f"/keys/{key_id}/revoke").status_code == 303
    assert admin.post(f"/keys/{key_id}/revoke").status_code == 303
    assert app.test_client().get("/metrics", environ_base=far, headers=headers).status_code == 401
    assert admin.post("/keys/nothing0/revoke").status_code == 404


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ([("name", "Caisse Lille"), ("scopes", "orders:write")], "field_value"),
        ([("name", ""), ("scopes", "orders:write")], "field_required"),
        ([("name", "till")], "field_value"),
        ([("name", "till"), ("scopes", "everything")], "field_value"),
        ([("name", "till"), ("scopes", "orders:write"), ("stores", "moon:1")], "scope_invalid"),
        ([("name", "till"), ("scopes", "orders:write"), ("expires", "2026-11-19")], "field_value"),
        ([("name", "till"), ("scopes", "orders:write"), ("expires", "2027-11-22")], "field_value"),
        ([("name", "till"), ("scopes", "orders:write"), ("expires", "soon")], "field_value"),
        ([("name", "till"), ("scopes", "orders:write"), ("expires", "9999-12-31")], "field_value"),
    ],
)
def test_s12_what_a_key_cannot_be_is_said_and_nothing_is_made(
    form: list[tuple[str, str]], code: str, enter: Enter, installation: Services
) -> None:
    from surveyor.db import access

    answer = enter("admin").post("/keys/new", form)
    assert answer.status_code == 422
    assert f'data-code="{code}"' in answer.text
    with installation.sessions() as session:
        assert access.keys(session) == []

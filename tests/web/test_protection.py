"""What stands before every page: headers, hosts, proxies, sessions, forgery, sizes, redirects, errors."""

from __future__ import annotations

import gzip
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from surveyor.app import create_app
from surveyor.db.engine import make_engine, make_sessions
from surveyor.services import Services
from surveyor.web import assets
from surveyor.web.auth.routes import own_path
from surveyor.web.security.client import browser_family, network_prefix
from tests.web.conftest import Enter, Person, make_services
from tests.web.links import Sent, open_network, send

FORM = "application/x-www-form-urlencoded"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": None,
    "Content-Security-Policy": None,
    "Referrer-Policy": None,
    "Cache-Control": None,
    "X-Request-Id": None,
}


@pytest.fixture
def sent(installation: Services) -> Sent:
    open_network(installation)
    return send(installation, "c1")


@pytest.mark.parametrize(
    "path", ["/sign-in", "/nothing", "/healthz", "/s/abc", "/static/none", "/api/v1/orders", "/users"]
)
def test_s16_every_answer_has_the_headers(path: str, stranger: FlaskClient) -> None:
    answer = stranger.get(path)
    for name, value in ALWAYS.items():
        assert name in answer.headers, (path, name)
        assert value is None or answer.headers[name] == value
    assert "charset=utf-8" in answer.headers["Content-Type"] or "json" in answer.headers["Content-Type"]


def test_s15_no_policy_lets_inline_script_or_style_in(stranger: FlaskClient, sent: Sent, enter: Enter) -> None:
    pages = [
        stranger.get("/sign-in"),
        stranger.get(f"/s/{sent.survey}"),
        enter("admin").get("/"),
        stranger.get("/healthz"),
    ]
    policies = [page.headers["Content-Security-Policy"] for page in pages]
    assert all("unsafe" not in policy and "default-src 'none'" in policy for policy in policies)
    assert "data:" in policies[2]
    assert "data:" not in policies[1]
    assert "sandbox" in policies[3]


def test_s16_https_is_remembered_for_a_year_over_https_alone(sqlite_sessions: Any, clock: Any) -> None:
    here = make_services(sqlite_sessions, clock, base_url="https://survey.example")
    answer = create_app(here).test_client().get("/healthz", base_url="https://survey.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_s17_no_page_speaks_to_other_origins(stranger: FlaskClient) -> None:
    answer = stranger.get("/healthz", headers={"Origin": "https://evil.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example"])
def test_s43_another_host_is_refused(host: str, stranger: FlaskClient) -> None:
    assert stranger.get("/sign-in", headers={"Host": host}).status_code == 400


def test_s43_the_hosts_of_the_settings_are_answered(sqlite_sessions: Any, clock: Any) -> None:
    here = make_services(
        sqlite_sessions, clock, base_url="https://survey.example", allowed_hosts=("alt.example",), env="production"
    )
    client = create_app(here).test_client()
    found = [
        client.get("/sign-in", base_url=f"https://{host}").status_code
        for host in ("survey.example", "alt.example", "localhost", "other.example")
    ]
    assert found == [200, 200, 400, 400]
    assert client.get("/healthz", base_url="http://127.0.0.1:8000").status_code == 200


def test_s42_forwarded_headers_change_nothing_without_a_declared_proxy(sqlite_sessions: Any, clock: Any) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    for proxies, answer in ((0, 404), (1, 404)):
        here = make_services(sqlite_sessions, clock, trusted_proxies=proxies)
        app = create_app(here)
        far = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "198.51.100.7"}, headers=forged)
        assert far.status_code == answer
    near = create_app(make_services(sqlite_sessions, clock)).test_client()
    assert near.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
    behind = create_app(make_services(sqlite_sessions, clock, trusted_proxies=1)).test_client()
    assert behind.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_s54_readiness_names_what_failed_and_nothing_else(installation: Services) -> None:
    class Away:
        def __call__(self) -> Any:
            raise OSError("secret-host refused")

    import dataclasses

    broken = dataclasses.replace(installation, sessions=Away())
    answer = create_app(broken).test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "failed", "failed": ["database"]})
    assert "secret-host" not in answer.text


def test_readiness_wants_the_tables_of_this_version_and_minds_no_newer_ones(
    sqlite_databases: Any, sqlite_url: str, clock: Any
) -> None:
    answers = []
    for url, newer in ((sqlite_databases.empty(), False), (sqlite_url, True)):
        engine = make_engine(url)
        if newer:
            with engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        app = create_app(make_services(make_sessions(engine), clock))
        answers.append(app.test_client().get("/readyz").get_json())
        engine.dispose()
    assert answers == [{"status": "failed", "failed": ["migrations"]}, {"status": "ok", "failed": []}]


# --- sessions


def test_s6_a_session_ends_after_thirty_idle_minutes_and_after_twelve_hours(enter: Enter, clock: Any) -> None:
    person = enter("cx")
    for _ in range(20):
        clock.forward(minutes=29)
        assert person.get("/profile").status_code == 200
    clock.forward(minutes=30)
    assert person.get("/profile").status_code == 303
    other = enter("cx")
    for _ in range(24):
        clock.forward(minutes=29, seconds=59)
        other.get("/profile")
    clock.forward(minutes=1)
    assert other.get("/profile").status_code == 303


def test_s6_signing_in_gives_a_strict_cookie_and_pages_that_are_not_kept(app: Flask, installation: Services) -> None:
    client, password = with_password(app, installation)
    done = client.post("/sign-in", data={"email": "ana@example.fr", "password": password})
    cookie = done.headers["Set-Cookie"]
    assert done.status_code == 303
    assert cookie.startswith("surveyor=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/profile").headers["Cache-Control"] == "no-store"


def test_s6_over_https_the_cookie_has_the_host_prefix(sqlite_sessions: Any, clock: Any) -> None:
    here = make_services(sqlite_sessions, clock, base_url="https://survey.example")
    client, password = with_password(create_app(here), here)
    done = client.post(
        "/sign-in", data={"email": "ana@example.fr", "password": password}, base_url="https://survey.example"
    )
    assert done.headers["Set-Cookie"].startswith("__Host-surveyor=")
    assert "Secure" in done.headers["Set-Cookie"]
    assert "Domain" not in done.headers["Set-Cookie"]


def with_password(app: Flask, here: Services) -> tuple[FlaskClient, str]:
    from surveyor.flows.manage_users import HOST, NewUser, add_user, set_password

    password = "a quiet river under old bridges"
    user_id = add_user(here.sessions, user=NewUser("ana@example.fr", "cx"), by=HOST, now=here.now())
    set_password(here.sessions, user_id=user_id, password=password, now=here.now())
    return app.test_client(), password


def test_s7_signing_out_ends_the_session_and_clears_the_browser(enter: Enter) -> None:
    person = enter("cx")
    done = person.post("/sign-out")
    assert done.status_code == 303
    assert "cookies" in done.headers["Clear-Site-Data"]
    assert person.get("/profile").status_code == 303


def test_s3_the_sixth_failure_says_to_wait(app: Flask, installation: Services) -> None:
    client, _ = with_password(app, installation)
    answers = [client.post("/sign-in", data={"email": "ana@example.fr", "password": "faux"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert 'data-code="sign_in_failed"' in answers[0].text
    assert 'data-code="rate_limited"' in answers[5].text


def test_s5_the_link_of_the_host_opens_a_session_by_a_post_once(app: Flask, installation: Services) -> None:
    from surveyor.flows.make_sign_in_link import first_sign_in_link

    path = first_sign_in_link(installation.sessions, now=installation.now())
    client = app.test_client()
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 415
    done = client.post(path, data=b"", content_type=FORM)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert client.get("/users").status_code == 200
    assert app.test_client().post(path, data=b"", content_type=FORM).status_code == 410


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/stores", "/stores"),
        ("/?scope=region:nord", "/?scope=region:nord"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/%2Fevil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\tevil", "/"),
        ("", "/"),
    ],
)
def test_s39_after_signing_in_only_our_own_paths(wanted: str, path: str) -> None:
    assert own_path(wanted) == path


# --- what a page weighs


def test_pages_of_staff_leave_compressed_in_a_length_that_says_nothing_of_their_token(enter: Enter) -> None:
    person = enter("cx")
    plain = person.get("/profile")
    assert "Content-Encoding" not in plain.headers
    asked = [person.get("/profile", headers={"Accept-Encoding": "gzip, br"}) for _ in range(12)]
    assert {one.headers["Content-Encoding"] for one in asked} == {"gzip"}
    assert {one.headers["Vary"] for one in (*asked, plain)} == {"Accept-Encoding"}
    assert {gzip.decompress(one.data) for one in asked} == {plain.data}
    assert all(len(one.data) == int(one.headers["Content-Length"]) < len(plain.data) / 2 for one in asked)
    assert len({len(one.data) for one in asked}) > 1  # by chance once in 256 to the power of 11


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/s/nothing"])
def test_pages_without_a_session_and_small_answers_leave_as_they_are(path: str, stranger: FlaskClient) -> None:
    answer = stranger.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


# --- forgery


@pytest.mark.parametrize(
    ("csrf", "headers", "status"),
    [
        (True, {}, 303),
        (True, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 303),
        (False, {}, 400),
        (True, {"Sec-Fetch-Site": "cross-site"}, 400),
        (True, {"Sec-Fetch-Site": "same-site"}, 400),
        (True, {"Origin": "https://evil.example"}, 400),
        (True, {"Origin": "null"}, 400),
    ],
)
def test_s14_a_form_of_signed_in_pages_comes_from_our_own_pages(
    csrf: bool, headers: dict[str, str], status: int, enter: Enter
) -> None:
    answer = enter("cx").post("/profile", {"language": "fr"}, csrf=csrf, headers=headers)
    assert answer.status_code == status
    assert status != 400 or 'data-code="csrf_invalid"' in answer.text


def test_s14_the_token_of_another_session_is_refused_and_a_header_is_taken(enter: Enter) -> None:
    one, other = enter("cx"), enter("cx")
    assert one.post("/profile", {"csrf_token": other.csrf}, csrf=False).status_code == 400
    assert one.post("/profile", {}, csrf=False, headers={"X-CSRF-Token": one.csrf}).status_code == 303


def test_s14_signing_in_is_not_done_from_another_site(stranger: FlaskClient) -> None:
    assert stranger.post("/sign-in", data={"email": "a"}, headers={"Origin": "https://evil.example"}).status_code == 400


# --- forms and errors


@pytest.mark.parametrize("field", ["role", "scope", "store_id", "score", "author_id"])
@pytest.mark.parametrize("path", ["/profile", "/profile/password", "/stores/S1", "/sign-in", "/reset"])
def test_s27_a_field_that_a_form_does_not_have_refuses_the_whole_form(
    path: str, field: str, enter: Enter, sent: Sent
) -> None:
    answer = enter("admin").post(path, {field: "admin"})
    assert answer.status_code == 422
    assert 'data-code="field_unknown"' in answer.text


def test_s27_every_form_and_every_button_of_staff_refuses_what_it_does_not_know(
    app: Flask, enter: Enter, sent: Sent
) -> None:
    admin = enter("admin")
    parts = {"user_id": str(admin.user_id), "store_id": "S1", "token": "0" * 44, "browser": "0" * 16, "customer": "c1"}
    posted = []
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith(("/api/", "/hooks/", "/s/", "/u/")):
            continue
        path = rule.rule
        for name, value in parts.items():
            path = path.replace(f"<{name}>", value)
        if "<" in path:
            continue
        answer = admin.post(path, {"author_id": "1"})
        assert answer.status_code in (404, 410, 422), path
        if answer.status_code == 422:
            assert 'data-code="field_unknown"' in answer.text, path
            posted.append(path)
    assert {"/sign-out", "/profile", "/profile/second-factor", "/users/new", "/sign-in/code", "/step-up"} <= {*posted}


def test_s34_a_form_has_a_size_a_type_and_each_field_once(enter: Enter) -> None:
    person = enter("cx")
    assert person.post("/profile", {"name": "x" * 300_000}).status_code == 413
    assert person.post("/profile", [(f"f{n}", "1") for n in range(101)]).status_code == 413
    assert person.post("/profile", [("name", "a"), ("name", "b")]).status_code == 422
    token = {"X-CSRF-Token": person.csrf}
    for kind in ("application/json", "text/plain", f"{FORM}; charset=utf-16"):
        assert person.client.post("/profile", data=b"{}", content_type=kind, headers=token).status_code == 415
    assert person.client.post("/profile", data=b"name=%FF", content_type=FORM, headers=token).status_code == 400
    large = {"data": "name=" + "x" * 300_000, "content_type": FORM}
    said = {lang: person.client.post(f"/profile?lang={lang}", headers=token, **large).text for lang in ("fr", "en")}
    assert "256 Kio" in said["fr"]
    assert "256 KiB" in said["en"]
    packed = {**token, "Content-Encoding": "gzip"}
    assert person.client.post("/profile", data=b"x", content_type=FORM, headers=packed).status_code == 415


def test_s48_an_error_has_a_number_and_nothing_of_the_inside(installation: Services) -> None:
    app = create_app(installation)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("SELECT secret FROM users")

    broken.door = app.view_functions["healthz"].door  # type: ignore[attr-defined]
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "SELECT" not in answer.text
    assert "Traceback" not in answer.text


def test_s49_a_page_without_a_door_lets_nobody_in(installation: Services, enter: Enter) -> None:
    app = create_app(installation)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert app.test_client().get("/forgotten").status_code == 404


def test_machines_get_problem_documents_and_people_pages(stranger: FlaskClient) -> None:
    machine, person = stranger.get("/api/v1/none"), stranger.get("/none")
    assert machine.mimetype == "application/problem+json"
    assert machine.get_json()["code"] == "not_found"
    assert person.mimetype == "text/html"


# --- step-up and roles


def test_s29_rights_change_only_after_a_fresh_password(enter: Enter, clock: Any) -> None:
    admin = enter("admin")
    clock.forward(minutes=6)
    assert admin.get("/users").status_code == 200
    assert admin.get("/users/new").headers["Location"] == "/step-up?next=/users/new"
    refused = admin.post("/users/new", {"email": "x@example.fr", "role": "cx"})
    assert refused.status_code == 403
    assert 'data-code="step_up_required"' in refused.text


def test_s7_disabling_somebody_ends_their_session_at_once(enter: Enter) -> None:
    admin, other = enter("admin"), enter("cx")
    assert other.get("/profile").status_code == 200
    assert admin.post(f"/users/{other.user_id}/disable").status_code == 303
    assert other.get("/profile").status_code == 303


def test_s28_the_last_admin_is_neither_demoted_nor_disabled(enter: Enter) -> None:
    admin = enter("admin")
    for path, form in ((f"/users/{admin.user_id}", {"role": "cx"}), (f"/users/{admin.user_id}/disable", {})):
        answer = admin.post(path, form)
        assert answer.status_code == 409
        assert 'data-code="last_admin"' in answer.text


# --- files, pace, details


def test_s50_vendored_files_are_those_of_the_manifest() -> None:
    for folder in (assets.FOLDER / "vendor", Path(__file__).parent / "vendor"):
        lines = [line.split() for line in (folder / "MANIFEST").read_text().splitlines() if not line.startswith("#")]
        assert {line[0] for line in lines} == {path.name for path in folder.glob("*.js")}
        for name, _version, _licence, digest, _source in lines:
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_files_are_named_by_their_content_and_kept_for_ever(app: Flask, stranger: FlaskClient) -> None:
    for asset in assets.load().values():
        answer = stranger.get(f"/static/{asset.address}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_survey_weighs_little(stranger: FlaskClient, sent: Sent) -> None:
    page = stranger.get(f"/s/{sent.survey}/9")
    loaded = assets.load()
    total = len(page.data) + len(loaded["public.css"].packed) + len(loaded["gesture.js"].packed)
    assert total <= 12 * 1024


def test_s41_guessing_links_is_slowed_down_before_the_database(installation: Services, stranger: FlaskClient) -> None:
    there = {"REMOTE_ADDR": "192.0.2.77"}
    codes = [stranger.get(f"/s/0AAAAAAAAAAAAAAAAAAA{n:02d}", environ_base=there).status_code for n in range(32)]
    assert codes == [404] * 30 + [429] * 2
    elsewhere = stranger.get("/s/0AAAAAAAAAAAAAAAAAAAAA", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 404


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:aa:bb01::9", "2001:db8:aa:bb00::/56"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("nonsense", ""),
    ],
)
def test_an_address_is_kept_as_its_network(address: str, prefix: str) -> None:
    assert network_prefix(address) == prefix


def test_a_browser_is_kept_as_its_family() -> None:
    agent = (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0"
    )
    assert browser_family(agent) == "Edge"
    assert browser_family("curl/8") == ""


def test_a_store_is_corrected_and_keeps_the_region_of_its_past(
    enter: Enter, sent: Sent, installation: Services
) -> None:
    admin: Person = enter("admin")
    assert admin.post("/stores/S1", {"name": "Lille Vauban", "region": "sud", "tz": "Europe/Paris"}).status_code == 303
    page = admin.get("/stores/S1").text
    assert "Lille Vauban" in page
    for form, code in (
        ({"tz": "Paris"}, "field_value"),
        ({"name": "a\u202eb"}, "text_control_character"),
        ({"name": " "}, "field_required"),
        ({"region": "lune"}, "reference_unknown"),
        ({"sender": "promo@example.fr"}, "sender_unverified"),
        ({"excluded": "2"}, "field_value"),
    ):
        answer = admin.post("/stores/S1", form)
        assert answer.status_code == 422
        assert f'data-code="{code}"' in answer.text
    from surveyor.db.tables.network import StoreHistory

    with installation.sessions() as session:
        today = session.get(StoreHistory, ("S1", installation.now().date()))
        before = session.get(StoreHistory, ("S1", installation.now().date() - timedelta(days=400)))
        assert (today.region_id, before.region_id) == ("sud", "nord")

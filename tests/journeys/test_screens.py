"""Every screen, at 1280 and 360 px, in both languages, light and dark: accessible, quiet, no wider than the glass."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surveyor.app import create_app
from surveyor.core.surveys import STARS_SURVEY, Survey
from surveyor.db import quarantine, rules
from surveyor.flows.keep_unusable import hook_name, keep_unusable
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.mail.providers.outbox import OutboxProvider
from tests.journeys.conftest import Line, Open, served
from tests.servers import free_port
from tests.web import links, sample, troubles
from tests.web.conftest import make_services
from tests.web.reports import keep_report

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
LOOKS = [
    pytest.param(1280, "light", "fr", id="1280 light French"),
    pytest.param(1280, "dark", "en", id="1280 dark English"),
    pytest.param(360, "light", "en", id="360 light English"),
    pytest.param(360, "dark", "fr", id="360 dark French"),
]
#: Each width, light, language and darkness once: a screen of staff takes a second to look at.
STAFF_LOOKS = [LOOKS[0], pytest.param(360, "dark", "en", id="360 dark English")]
EMAIL = "0192f1c47b1e7c559a573f6b5a0e9d11"
STAFF = [
    "/",
    "/?period=12m&by=store",
    "/?period=12m&by=segment&span=week",
    "/?period=2020-01",
    "/?period=2026-10&compare=year",
    "/compare?period=12m&by=store",
    "/compare?period=2020-01",
    "/response-rate?period=3m&by=store",
    "/response-rate?period=2020-01",
    "/goals",
    "/custscore?period=12m",
    "/custscore?period=2020-01",
    "/custscore/formula",
    "/matrix?period=12m",
    "/matrix?period=2020-01",
    "/benchmark?period=12m",
    "/labels?period=12m",
    "/customers?period=12m",
    "/cases",
    "/views?page=/&query=period=12m",
    "/verbatims?period=12m",
    "/verbatims?period=12m&q=attente&score=3",
    "/verbatims?period=2020-01",
    "/funnel?period=12m",
    "/funnel?period=2020-01",
    "/funnel/refused?period=12m&reason=COOLDOWN",
    "/funnel/orders?period=12m",
    "/funnel/responded?period=2020-01",
    "/explain",
    "/explain?q=o-open",
    "/explain?q=nothing",
    "/rules",
    "/sources",
    "/sources/quarantine/{event}",
    "/stores",
    "/stores/S1",
    "/brands",
    "/brands/Maison Claire",
    "/experiments?base=12&target=14",
    "/experiments/new",
    "/experiments/holdout",
    "/users",
    "/users/new",
    "/keys",
    "/keys/new",
    "/webhooks",
    "/imports",
    "/webhooks/new",
    "/profile/second-factor",
    "/profile",
    "/exports/new",
    "/suppressions",
    "/suppressions/stopped/lift",
    "/deliveries?period=12m",
    "/deliveries?period=2020-01&q=nobody",
    "/responses/automated?period=12m",
    "/responses/automated?period=2020-01",
    "/deliveries/{story}",
    "/reports/express",
    "/reports/voice",
    "/reports/sent",
    "/reports/sent/{report}",
    "/reports/subscriptions",
    "/alerts",
    "/doubts",
    "/outbox",
    f"/outbox/{EMAIL}",
    "/nothing/here",
]


#: Pages whose tables are lists on a telephone.
LISTS = (
    "/?period=12m&by=store",
    "/compare?period=12m&by=store",
    "/response-rate?period=3m&by=store",
    "/benchmark?period=12m",
    "/customers?period=12m",
    "/reports/subscriptions",
    "/deliveries?period=12m",
    "/labels?period=12m",
    "/responses/automated?period=12m",
    "/goals",
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, sqlite_databases: Any) -> Iterator[dict[str, Any]]:
    """A network with four months of answers, links in every state, and the site on a port."""
    from datetime import UTC, datetime, timedelta

    from surveyor.db.engine import make_engine, make_sessions

    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    port = free_port()
    sessions = make_sessions(make_engine(sqlite_databases.migrated()))
    outbox = OutboxProvider(tmp_path_factory.mktemp("outbox"))
    outbox.outbox.make()
    (outbox.folder / "new" / f"{EMAIL}.eml").write_text("Subject: Bonjour\nContent-Type: text/html\n\n<p>Bonjour</p>\n")
    here = dataclasses.replace(
        make_services(sessions, lambda: now, base_url=f"http://127.0.0.1:{port}"), provider=outbox
    )
    sample.write(sessions, today=now.date(), days=130, a_day=7)
    stars = Survey("nps", STARS_SURVEY.name, STARS_SURVEY.questions)
    links.open_network(here, questionnaire=stars)
    sent = {
        "open": links.send(here, "open"),
        "over": links.send(here, "over", at=now - timedelta(days=31)),
        "english": links.send(here, "english", language="en"),
    }
    text = (ROOT / "rules.toml").read_text("utf-8")
    with sessions.begin() as session:
        rules.publish(session, rules.Version(1, None, text, rules.sha256(text), "claire", "Première", now), over=None)
    raw = b'{"id":820982911946154508,"email":"jon@doe.ca","total_price":"12.50","line_items":[{"title":"Chaise"}]}'
    for source, name in (("boutique-en-ligne", hook_name("orders/paid", raw)), ("caisses", "entry:1-0")):
        keep_unusable(sessions, source=source, raw=raw, why="no date", now=now, name=name)
    add_source(sessions, NewSource("boutique-en-ligne", "shopify", "consent"), keys=here.keyring, now=now, actor="t")
    with sessions() as session:
        event = quarantine.every_id(session)[0].hex
    story = troubles.write(here)
    reader = add_user(sessions, user=NewUser("dm@example.fr", "store_manager", ["store:S1"]), by=HOST, now=now)
    report = keep_report(here, reader, quote=sent["open"]).hex
    with served(create_app(here), port):
        yield {"event": event, "story": story, "report": report, "here": here, "url": here.settings.base_url, **sent}


@pytest.fixture
def line(network: dict[str, Any], clock: Any) -> Line:
    """The same network for every look."""
    return Line(network["here"], network["url"], None, clock)  # type: ignore[arg-type]


@pytest.mark.parametrize(("width", "scheme", "language"), STAFF_LOOKS)
def test_s15_the_screens_of_staff_break_no_policy_and_can_be_read_by_all(
    width: int, scheme: str, language: str, line: Line, open_page: Open, network: dict[str, Any]
) -> None:
    watched = open_page(width=width, scheme=scheme)
    watched.goto("/sign-in")
    watched.check("/sign-in")
    watched.sign_in(line.staff("admin", *["network"] * (width + (scheme == "dark")), language=language))
    wrong = []
    named = {name: network[name] for name in ("event", "story", "report")}
    for path in (path.format(**named) for path in STAFF):
        watched.goto(path)
        wrong += watched.problems(path)
        assert watched.page.get_attribute("html", "lang") == language
    assert not wrong, "\n".join(wrong)


def test_no_table_is_wider_than_a_telephone(line: Line, open_page: Open, network: dict[str, Any]) -> None:
    watched = open_page(width=360)
    watched.sign_in(line.staff("admin", *["network"] * 7))
    wide = {}
    for path in LISTS:
        watched.goto(path)
        page = watched.page
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        found = page.eval_on_selector_all(
            "main .scroll:has(table)",
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.ariaLabel)",
        )
        wide |= {path: found} if found else {}
    assert wide == {}


@pytest.mark.parametrize("width", [360, 760, 1280])
def test_no_score_of_the_comparison_stands_without_its_interval(
    width: int, line: Line, open_page: Open, network: dict[str, Any]
) -> None:
    """A narrow window hid the column of intervals: scores stood there as if they were exact."""
    watched = open_page(width=width)
    watched.sign_in(line.staff("admin", *["network"] * (8 + width)))
    watched.goto("/?period=12m&by=store")
    rows = watched.page.eval_on_selector_all(
        "section:has(> header #compare) tbody tr", "all => all.map(r => r.innerText)"
    )
    interval = re.compile(r"\[[+\u2212]?\d+\s; [+\u2212]?\d+\]")
    scored = [row for row in rows if re.search(r"[+\u2212]\d", interval.sub("", row))]
    assert scored
    assert [row for row in scored if not interval.search(row)] == []


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_the_pages_of_customers(
    width: int, scheme: str, language: str, line: Line, open_page: Open, network: dict[str, Any]
) -> None:
    watched = open_page(width=width, scheme=scheme, locale=f"{language}-{language.upper()}")
    survey, gone = network["open"].survey, network["over"].survey
    leave = network["open"].unsubscribe
    wrong = []
    for path in (f"/s/{survey}", f"/s/{survey}/9", f"/s/{survey}/thanks", f"/s/{gone}", "/s/abc", f"/u/{leave}"):
        watched.goto(f"{path}?lang={language}")
        wrong += watched.problems(path)
        assert watched.page.get_attribute("html", "lang") == language
    assert not wrong, "\n".join(wrong)


def test_a_survey_is_in_the_language_of_its_customer_and_switches(open_page: Open, network: dict[str, Any]) -> None:
    watched = open_page(width=360)
    watched.goto(f"/s/{network['english'].survey}")
    assert "Would you recommend" in watched.page.inner_text("h1")
    watched.press("footer a:has-text('Français')")
    assert "Recommanderiez-vous" in watched.page.inner_text("h1")


def test_a_survey_is_three_requests_of_ours_without_a_cookie(open_page: Open, network: dict[str, Any]) -> None:
    watched = open_page(width=360)
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    watched.goto(f"/s/{network['open'].survey}/7")
    watched.page.wait_for_load_state("networkidle")
    assert len([url for url in asked if "favicon" not in url]) == 3
    assert watched.page.context.cookies() == []


def test_a_survey_is_answered_with_the_keyboard_alone(open_page: Open, network: dict[str, Any]) -> None:
    watched = open_page()
    watched.goto(f"/s/{network['open'].survey}")
    page = watched.page
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.is_checked("input[name=score][value='0']")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert page.is_checked("input[name=score][value='8']")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "submit":
            break
    assert page.evaluate("document.activeElement.type") == "submit"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_touch_targets_of_a_survey_are_at_least_44_pixels_high_and_do_not_touch(
    open_page: Open, network: dict[str, Any]
) -> None:
    watched = open_page(width=360)
    watched.goto(f"/s/{network['open'].survey}")
    boxes = watched.page.eval_on_selector_all(
        ".scale label, .stars label, button, footer a", "all => all.map(e => e.getBoundingClientRect().toJSON())"
    )
    assert boxes
    assert min(box["height"] for box in boxes) >= 44
    scale = watched.page.eval_on_selector_all(".scale label", "all => all.map(e => e.getBoundingClientRect().width)")
    assert min(scale) >= 40


def test_s22_a_hostile_comment_is_text_on_every_screen(line: Line, open_page: Open, network: dict[str, Any]) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}</blockquote>\u202egnp.exe"
    sent = links.send(network["here"], "hostile")
    questions = [("score", "3"), ("comment", hostile)]
    from surveyor.flows.customer_journey import CustomerJourneys
    from surveyor.flows.record_response import Form, record_response

    here = network["here"]
    items = (*questions, ("nonce", links.mark(here, sent, seconds=60)))
    record_response(
        here.sessions,
        sent.survey,
        form=Form(items, bytes(32)),
        keys=here.keyring,
        journeys=CustomerJourneys(here.keyring),
        now=here.now(),
    )
    watched = open_page()
    dialogs: list[str] = []
    watched.page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
    watched.sign_in(line.staff("cx", *["network"] * 7))
    for path in ("/?period=2026-11", "/verbatims?period=2026-11"):
        watched.goto(path)
        assert "<img src=x onerror=alert(1)>" in watched.page.inner_text("main")
        assert "[U+202E]gnp.exe" in watched.page.inner_text("main")
        assert watched.page.query_selector("main img") is None
    assert not dialogs
    assert not watched.wrong

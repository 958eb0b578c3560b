"""The weekly express on its page: a reader's stores only, nothing of an identity, the words of the registry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.core.periods import Period, week_of
from surveyor.core.reports.editions import edition_of_reach
from surveyor.core.scope import NETWORK, Scope
from surveyor.flows.write_express import Asked, write_express
from surveyor.flows.write_express.composed import express_report
from surveyor.services import Services
from surveyor.web.reports.files import as_html, as_text
from tests.web.conftest import Enter
from tests.web.links import open_network
from tests.web.test_dashboard import answers, text_of


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def week(here: Services) -> Period:
    return week_of(here.now().date())


def asked_of(here: Services, scope: Scope = NETWORK, **more: Any) -> Asked:
    """The express read on the Monday after the answers of this week."""
    monday = week(here).last + timedelta(days=1)
    given = {"edition": "store" if scope.stores else "network", "language": "en"} | more
    return Asked(scope, (scope,), "Lille", monday, **given)


def told(here: Services, scope: Scope = NETWORK, **more: Any) -> Any:
    with here.sessions() as session:
        return write_express(session, asked_of(here, scope, **more))


def test_the_page_says_what_happened_and_names_nobody(enter: Enter, installation: Services, app: Flask) -> None:
    answers(installation, "S1", *[10] * 10, comment="Well done, write to me at ana@example.fr")
    answers(installation, "S1", 2, 3, comment="Still waiting")
    page = enter("store_manager", "store:S1", language="en").get(f"/reports/express?period={week(installation)}")
    said = text_of(page)
    assert "4-week NPS: +67" in said
    assert "2 detractors left a comment without reply, all of them for more than 48 hours." in said
    assert "Still waiting" in said
    assert "No email sent, no address refused." in said[said.index("Collection") :]
    assert "ana@example.fr" not in page.text


def test_head_office_reads_its_own_edition_of_the_network_on_its_pages_too(
    enter: Enter, installation: Services, app: Flask
) -> None:
    """The email had it, the page showed the edition of everybody else."""
    answers(installation, "S1", *[10] * 12, *[2] * 4, comment="Bien")
    address = f"/reports/express?period={week(installation)}"
    assert "Signs to look at" in text_of(enter("support", language="en").get(address))
    assert "Signs to look at" not in text_of(enter("cx", language="en").get(address))
    assert "Signs to look at" not in text_of(enter("support", language="en").get(f"{address}&scope=store:S1"))
    assert edition_of_reach((NETWORK,), "support") == "support"
    assert edition_of_reach((Scope.of(regions=("nord",)),), "support") == "region"


def test_a_reader_reads_only_their_own_stores(enter: Enter, installation: Services, app: Flask) -> None:
    answers(installation, "S3", *[0] * 12, comment="Terrible")
    page = enter("store_manager", "store:S1", language="en").get(f"/reports/express?period={week(installation)}")
    assert "Nothing to report" in text_of(page)
    assert "Terrible" not in page.text
    stranger = enter("store_manager", "store:S1").get("/reports/express?scope=store:S3")
    assert stranger.status_code == 404


def test_stores_are_in_tiers_by_name_and_too_few_answers_are_counted_apart(installation: Services, app: Flask) -> None:
    answers(installation, "S1", *[10] * 30)
    answers(installation, "S3", *[0] * 12)
    later = week(installation).last + timedelta(days=45)
    asked = Asked(NETWORK, (NETWORK,), "Network", later - timedelta(days=later.weekday()), "network", language="en")
    with installation.sessions() as session:
        found = write_express(session, asked)
    assert found.tiers is not None
    assert sum(len(rows) for rows in found.tiers.stores.values()) == 1
    assert found.tiers.unranked == 1
    assert told(installation, Scope.of(stores=("S1",))).tiers is None


def test_the_files_say_the_same_as_the_page(installation: Services, app: Flask) -> None:
    answers(installation, "S1", *[9] * 9, 2, comment="<b>late</b> & cold")
    scope = Scope.of(stores=("S1",))
    report = express_report(told(installation, scope), asked_of(installation, scope))
    html, text = as_html(report), as_text(report)
    assert "<b>late</b>" not in html
    assert "&lt;b&gt;late&lt;/b&gt; &amp; cold" in html
    assert "<b>late</b> & cold" in text
    assert "<script" not in html
    assert "http" not in html
    for line in (report.subject, report.lead, report.closing):
        assert line in text

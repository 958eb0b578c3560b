"""The links of a test email open what a customer would see; nothing that happens there is kept."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveyor.core.tokens import PREVIEW_ROW, Purpose, is_token, keys
from surveyor.db.base import Base
from surveyor.services import Services
from tests.web.conftest import SECRET


@pytest.fixture
def token(installation: Services) -> str:
    return installation.keyring.token(Purpose.PREVIEW, PREVIEW_ROW)


@pytest.fixture
def visitor(app: object) -> FlaskClient:
    return app.test_client()  # type: ignore[attr-defined, no-any-return]


def rows(installation: Services) -> dict[str, int]:
    with installation.sessions() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_a_score_opens_the_survey_which_says_that_it_is_a_test(
    visitor: FlaskClient, installation: Services, token: str
) -> None:
    before = rows(installation)
    page = visitor.get(f"/s/{token}/9")
    assert page.status_code == 200
    assert "Ceci est un essai" in page.text
    assert 'value="9" checked' in page.text
    assert "Content-Security-Policy" in page.headers
    sent = visitor.post(f"/s/{token}", data={"score": "9", "nonce": "trial"})
    assert sent.status_code == 200
    assert "Essai reçu" in sent.text
    assert visitor.get(f"/s/{token}/thanks").status_code == 200
    assert rows(installation) == before


def test_the_preferences_of_a_test_are_nobodys(visitor: FlaskClient, installation: Services, token: str) -> None:
    before = rows(installation)
    assert "Ceci est un essai" in visitor.get(f"/u/{token}").text
    for _ in range(40):  # more than a network may guess in a minute: a test is no guess
        clicked = visitor.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
        assert clicked.status_code == 200
    assert rows(installation) == before


def test_other_links_are_as_unknown_as_before(visitor: FlaskClient) -> None:
    other = keys((SECRET[::-1],)).token(Purpose.PREVIEW, PREVIEW_ROW)
    assert is_token(other)
    assert visitor.get(f"/s/{other}").status_code == 404
    assert "essai" not in visitor.get(f"/u/{other}").text

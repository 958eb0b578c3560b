"""The privacy notice: there for everybody, in both languages, with somebody to write to."""

from __future__ import annotations

from typing import Any


def test_the_notice_says_what_is_used_and_how_to_say_no_in_both_languages(app: Any) -> None:
    for language, words in (("fr", "Vos droits"), ("en", "Your rights")):
        page = app.test_client().get(f"/privacy?lang={language}")
        assert page.status_code == 200
        assert words in page.text
        assert "surveyor@localhost" in page.text
        assert "Set-Cookie" not in page.headers

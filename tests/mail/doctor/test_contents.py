"""The texts, the sender id, and how far a month was from what pauses the sending."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from surveyor.errors import SettingsError
from surveyor.mail.doctor.contents import Month, check_month, check_sender_ids, check_texts
from surveyor.mail.doctor.line import Level, Line, safely
from tests.mail.conftest import EMAILS


def test_the_shipped_texts_pass() -> None:
    assert {line.level for line in check_texts(EMAILS)} == {Level.OK}


def test_a_text_that_fails_a_check_is_named(tmp_path: Path) -> None:
    shutil.copytree(EMAILS, tmp_path / "emails")
    body = tmp_path / "emails" / "reminder" / "fr" / "body.html"
    body.write_text(body.read_text("utf-8").replace('aria-label="7 sur 10"', 'onclick="x"'), "utf-8")
    failed = [line for line in check_texts(tmp_path / "emails") if line.level is Level.FAIL]
    assert [line.check for line in failed] == ["text reminder/fr"]
    assert "the attribute onclick" in failed[0].found


@pytest.mark.parametrize(
    ("one", "level"),
    [
        ("maison-x", Level.OK),
        ("abcd", Level.FAIL),
        ("a" * 16, Level.FAIL),
        ("a b c d", Level.FAIL),
        ("é" * 6, Level.FAIL),
    ],
)
def test_a_sender_id_has_5_to_15_plain_characters(one: str, level: Level) -> None:
    assert [line.level for line in check_sender_ids([one])] == [level]


@pytest.mark.parametrize(
    ("month", "levels"),
    [
        (Month(), ("ok", "ok", "ok", "ok")),
        (Month(sent=1000), ("ok", "ok", "ok", "ok")),
        (Month(sent=1000, bounced_hard=24), ("ok", "ok", "ok", "ok")),
        (Month(sent=1000, bounced_hard=25), ("warn", "ok", "ok", "ok")),
        (Month(sent=1000, bounced_hard=50), ("warn", "ok", "ok", "ok")),
        (Month(sent=1000, bounced_hard=51), ("fail", "ok", "ok", "ok")),
        (Month(sent=1000, complained=2), ("ok", "ok", "ok", "ok")),
        (Month(sent=1000, complained=3), ("ok", "fail", "ok", "ok")),
        (Month(sent=10_000, complained=5), ("ok", "warn", "ok", "ok")),
        (Month(sent=1000, deferred=201), ("ok", "ok", "fail", "ok")),
        (Month(sent=1000, in_doubt=5), ("ok", "ok", "ok", "warn")),
        (Month(sent=1000, in_doubt=11), ("ok", "ok", "ok", "fail")),
        (Month(sent=199, bounced_hard=199, in_doubt=199), ("ok", "ok", "ok", "ok")),
    ],
)
def test_thirty_days_against_the_limits(month: Month, levels: tuple[str, ...]) -> None:
    assert tuple(line.level for line in check_month(month)) == levels


def test_a_check_that_breaks_is_a_line_and_no_trace() -> None:
    lines = list(safely(5, "texts", check_texts(Path("/nowhere"))))
    assert [(line.check, line.level) for line in lines] == [("texts", Level.UNKNOWN)]


def test_a_wrong_setting_fails_by_name_and_is_nobody_else_s_fault() -> None:
    def asked() -> Iterator[Line]:
        raise SettingsError("SURVEYOR_MAIL_URL: tls is not a parameter of smtp://")
        yield

    (line,) = safely(3, "smtp", asked())
    assert (line.level, line.found) == (Level.FAIL, "SURVEYOR_MAIL_URL: tls is not a parameter of smtp://")
    assert line.advice == "correct this setting"

"""A preview shows what was just edited, or says where it may not be sent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from surveyor.errors import Refused
from surveyor.mail.preview import preview
from tests.mail.conftest import DATE, EMAILS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EMAILS, tmp_path / "emails")
    return tmp_path / "emails"


def test_every_case_is_written_in_three_forms(tmp_path: Path) -> None:
    written = preview(EMAILS, "invitation", "en", tmp_path / "out", date=DATE)
    assert len(written) == 18
    assert "Hello Zoe," in (tmp_path / "out" / "invitation-en-sample.txt").read_text("utf-8")
    assert "Hello," in (tmp_path / "out" / "invitation-en-no_name.html").read_text("utf-8")


def test_it_shows_the_text_just_edited_and_not_the_one_published(folder: Path, tmp_path: Path) -> None:
    body = folder / "invitation" / "fr" / "body.mjml"
    body.write_text(body.read_text("utf-8").replace("Bonjour", "Salut"), "utf-8")
    preview(folder, "invitation", "fr", tmp_path / "out", date=DATE)
    assert "Salut Zoé," in (tmp_path / "out" / "invitation-fr-sample.html").read_text("utf-8")


def test_a_fault_is_said_with_its_file_and_line_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    body = folder / "invitation" / "fr" / "body.mjml"
    body.write_text(body.read_text("utf-8").replace("<sv-scores/>", "<sv-scores/>\n<mj-raw>x</mj-raw>"), "utf-8")
    with pytest.raises(Refused) as refused:
        preview(folder, "invitation", "fr", tmp_path / "out", date=DATE)
    assert [(c.code, c.where) for c in refused.value.complaints] == [("mjml_element", "body.mjml:16")]
    assert not (tmp_path / "out").exists()


def test_what_the_checks_find_is_written_to_be_looked_at_and_refused(folder: Path, tmp_path: Path) -> None:
    body = folder / "invitation" / "fr" / "body.mjml"
    text = body.read_text("utf-8").replace('<mj-text padding="4px 24px 10px 24px">', '<mj-text color="#cccccc">')
    body.write_text(text.replace("Bonjour", "Un cadeau vous attend, bonjour"), "utf-8")
    with pytest.raises(Refused) as refused:
        preview(folder, "invitation", "fr", tmp_path / "out", date=DATE)
    said = "\n".join(complaint.message_fr for complaint in refused.value.complaints)
    assert "contrôle 8 (tailles, contraste, cibles)" in said
    assert "contrôle 10 (langues, neutralité) : pas neutre : « cadeau »" in said
    assert (tmp_path / "out" / "invitation-fr-sample.html").exists()


def test_a_sample_that_names_an_unknown_field_or_no_toml_is_refused(folder: Path, tmp_path: Path) -> None:
    sample = folder / "invitation" / "fr" / "sample.toml"
    for text, code in (
        ("customer.email = 'x'", "sample_field"),
        ("a = ", "sample_unreadable"),
        ("store.name = 3", "sample_field"),
    ):
        sample.write_text(text, "utf-8")
        with pytest.raises(Refused) as refused:
            preview(folder, "invitation", "fr", tmp_path / "out", date=DATE)
        assert refused.value.complaints[0].code == code

"""What is sent is what was published, and what is published passed every check."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from surveyor.errors import Refused
from surveyor.mail.heavy import too_slow
from surveyor.mail.publish import compiled, main, publish, short_lines
from surveyor.mail.published import BASE, PublishedEmail, load_folder, read
from surveyor.mail.quality import check_email, check_folder, check_languages
from tests.mail.conftest import EMAILS, every_element

pytestmark = pytest.mark.slow

PARTS = ("subject.txt", "body.txt", "body.mjml")


def part_of(tmp_path: Path, *kinds: str) -> Path:
    """A folder with some of the emails, so that the command does not compile them all."""
    copy = tmp_path / "emails"
    for name in (BASE, *kinds):
        shutil.copytree(EMAILS / name, copy / name)
    return copy


def sources(kind: str = "invitation", language: str = "fr") -> dict[str, str]:
    return {part: read(EMAILS / kind / language / part) for part in PARTS}


def test_every_compiled_email_is_what_its_source_gives() -> None:
    assert main(["--check", str(EMAILS)]) == 0


PLACES = sorted(p for p in EMAILS.glob("[a-z]*/*") if p.is_dir())


@pytest.mark.parametrize("place", PLACES, ids=lambda place: "/".join(place.parts[-2:]))
def test_every_case_of_every_email_passes_every_check(place: Path, templates: dict[Any, PublishedEmail]) -> None:
    assert check_email(templates[place.parent.name, place.name], place) == []


def test_every_element_that_an_author_may_write_passes_every_check() -> None:
    found = check_email(every_element(), EMAILS / "invitation" / "fr")
    assert [(one.check, one.what) for one in found] == []


def test_languages_of_a_kind_say_the_same_things() -> None:
    for kind in sorted({place.parent.name for place in PLACES}):
        assert check_languages(EMAILS, kind) == []


def test_a_folder_is_checked_email_by_email_and_kind_by_kind(tmp_path: Path) -> None:
    copy = part_of(tmp_path, "reminder")
    assert check_folder(copy) == []
    body = copy / "reminder" / "en" / "body.txt"
    body.write_text(body.read_text("utf-8") + "{{ store.city }}, act now\n", "utf-8")
    assert {"reminder", "reminder/en"} <= {one.where for one in check_folder(copy)}


def test_a_version_is_the_hash_of_its_texts() -> None:
    shipped = load_folder(EMAILS)["invitation", "fr"]
    assert publish(sources(), kind="invitation", language="fr", folder=EMAILS).sha256 == shipped.sha256
    changed = {**sources(), "subject.txt": "Votre avis"}
    assert publish(changed, kind="invitation", language="fr", folder=EMAILS).version != shipped.version


@pytest.mark.parametrize(
    ("part", "text", "code", "where"),
    [
        ("body.mjml", "<mjml>\n<mj-raw>x</mj-raw></mjml>", "mjml_element", "body.mjml:2"),
        ("body.txt", "{{ customer.first_name }}", "template_link_missing", "body.txt"),
        ("subject.txt", "\n\n", "subject_invalid", "subject.txt:1"),
        ("body.txt", '<sv-block name="nosuch"/>', "mjml_element", "body.txt:1"),
    ],
)
def test_a_text_that_may_not_be_published_is_refused_with_its_place(
    part: str, text: str, code: str, where: str
) -> None:
    with pytest.raises(Refused) as refused:
        publish({**sources(), part: text}, kind="invitation", language="fr", folder=EMAILS)
    assert (refused.value.complaints[0].code, refused.value.complaints[0].where) == (code, where)


def test_s20_what_the_compiler_cannot_read_is_a_refusal_and_not_a_crash() -> None:
    for source in ("<mjml><mj-body>", "no markup at all", "<mjml>" + "<mj-wrapper>" * 3000):
        with pytest.raises(Refused) as refused:
            compiled(source, "fr", {})
        assert refused.value.complaints[0].code == "template_syntax"


def test_s20_a_text_that_takes_too_long_for_one_customer_is_not_published() -> None:
    shipped = load_folder(EMAILS)["invitation", "fr"]
    assert too_slow(shipped, at_most=10.0) is None
    slow = too_slow(shipped, at_most=0.0)
    assert slow is not None
    assert slow.code == "template_too_large"
    assert "ms" in slow.message_fr


def test_an_expression_that_would_be_damaged_is_refused() -> None:
    text = "<a href=\"{{ a.b|default('&lt;') }}\">x</a>{{ a.b|default('<') }}"
    source = (
        f"<mjml><mj-body><mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    with pytest.raises(Refused):
        compiled(source, "fr", {})


def test_breaking_lines_changes_nothing_that_is_read() -> None:
    html = '<td align="left" style="x:1">a <a href="{{ survey.url }}/1" style="y:2" aria-label="1">1</a></td></tr>'
    broken = short_lines(html)
    assert re.sub(r"\s+", "", broken) == re.sub(r"\s+", "", html)
    assert ">a <a" in broken
    assert '\nhref="{{ survey.url }}/1"\n' in broken or '<a href="{{ survey.url }}/1"\n' in broken


def test_the_command_writes_what_is_out_of_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = part_of(tmp_path, "invitation", "reminder")
    body = copy / "reminder" / "en" / "body.html"
    body.write_text("old", "utf-8")
    assert main(["--check", str(copy)]) == 1
    assert body.read_text("utf-8") == "old"
    assert main([str(copy)]) == 0
    assert body.read_bytes() == (EMAILS / "reminder" / "en" / "body.html").read_bytes()
    (copy / "reminder" / "en" / "body.mjml").write_text("<mj-raw>x</mj-raw>", "utf-8")
    assert main([str(copy)]) == 1
    assert "reminder/en/body.mjml:1: body.mjml:1: mj-raw is not allowed." in capsys.readouterr().err


def test_s18_a_folder_whose_published_form_was_tampered_with_does_not_load(tmp_path: Path) -> None:
    copy = part_of(tmp_path, "invitation")
    body = copy / "invitation" / "fr" / "body.html"
    body.write_text(body.read_text("utf-8").replace("{{ brand.name }}", "{{ config }}"), "utf-8")
    with pytest.raises(Refused) as refused:
        load_folder(copy)
    assert refused.value.complaints[0].where.startswith("invitation/fr/body.html:")
    body.unlink()
    with pytest.raises(Refused) as missing:
        load_folder(copy)
    assert missing.value.complaints[0].code == "template_missing"


def test_a_folder_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "promotion" / "fr").mkdir(parents=True)
    with pytest.raises(Refused, match="promotion: unknown kind"):
        load_folder(tmp_path)


def test_the_shipped_invitation_has_its_eleven_links_in_both_parts() -> None:
    for (kind, _), shipped in load_folder(EMAILS).items():
        if kind in ("invitation", "reminder"):
            assert shipped.html.count("{{ survey.url }}/") == shipped.text.count("{{ survey.url }}/") == 11


def test_what_the_checks_find_stops_the_publication(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = part_of(tmp_path, "invitation")
    body = copy / "invitation" / "fr" / "body.mjml"
    body.write_text(body.read_text("utf-8").replace("Bonjour", "Un cadeau vous attend, bonjour"), "utf-8")
    assert main([str(copy)]) == 1
    assert "invitation/fr: check 10 (languages, neutrality): not neutral: cadeau" in capsys.readouterr().err
    assert (copy / "invitation" / "fr" / "body.html").read_bytes() == (
        EMAILS / "invitation" / "fr" / "body.html"
    ).read_bytes()


def test_languages_that_no_longer_say_the_same_stop_the_publication(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = part_of(tmp_path, "reminder")
    body = copy / "reminder" / "en" / "body.mjml"
    body.write_text(body.read_text("utf-8").replace("<p>Hello", "<p>{{ store.city }}: hello"), "utf-8")
    assert main([str(copy)]) == 1
    assert "reminder: check 10 (languages, neutrality): languages differ in their fields" in capsys.readouterr().err

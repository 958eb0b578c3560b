"""The checks of texts before a version: made once for the same texts, and anew for whatever could change them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from surveyor.mail.examine import examine, shipped_sources

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).resolve().parents[2] / "emails"


def test_good_texts_are_compiled_once_and_looked_at_again_when_the_frame_changes(tmp_path: Path) -> None:
    folder = tmp_path / "emails"
    shutil.copytree(FOLDER, folder)
    sources = shipped_sources(folder, "reminder")
    first = examine("reminder", sources, folder)
    assert first.findings == ()
    assert examine("reminder", sources, folder) is first
    footer = folder / "_base" / "fr" / "footer.txt"
    footer.write_text(footer.read_text("utf-8") + "Un mot de plus.\n", "utf-8")
    changed = examine("reminder", sources, folder)
    assert "Un mot de plus." in changed.made["fr"].text
    assert "Un mot de plus." not in first.made["fr"].text


def test_texts_that_differ_by_a_letter_are_other_texts_and_refused_ones_are_not_remembered() -> None:
    sources = shipped_sources(FOLDER, "reminder")
    wrong = {**sources, "fr": {**sources["fr"], "subject.txt": "{{ nobody }}"}}
    refused = examine("reminder", wrong, FOLDER)
    assert refused.findings
    assert examine("reminder", wrong, FOLDER) is not refused
    assert examine("reminder", sources, FOLDER).findings == ()

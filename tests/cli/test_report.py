"""`surveyor report`: the express of a week as two files that stand alone."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal


def test_an_express_without_anything_is_the_version_that_says_so(terminal: Terminal, tmp_path: Path) -> None:
    asked = ("report", "express", "--period", "2026-W20", "--scope", "network", "--out", str(tmp_path / "out"))
    told = terminal.json(*asked, "--language", "fr")
    assert (told["subject"], told["quiet"]) == ("Express semaine 20 - Réseau\u00a0: rien à signaler", True)
    assert told["files"] == [str(tmp_path / "out" / name) for name in ("express.html", "express.txt")]
    html, text = ((tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("express.html", "express.txt"))
    assert told["subject"] in html
    assert text.startswith(f"{told['subject']}\nRéseau · 11 mai 2026 – 17 mai 2026\n")


def test_a_month_is_no_week_and_a_scope_must_be_one(terminal: Terminal, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path))
    assert terminal.run("report", "express", "--period", "2026-05", "--scope", "network", *out) == 2
    assert "2026-W47" in terminal.err
    assert terminal.run("report", "express", "--period", "2026-W20", "--scope", "nowhere", *out) == 1

"""`surveyor report`: the express of a week and the voice of a month as files that stand alone."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal


def test_an_express_without_anything_is_the_version_that_says_so(terminal: Terminal, tmp_path: Path) -> None:
    asked = ("report", "express", "--period", "2026-W20", "--scope", "network", "--out", str(tmp_path / "out"))
    told = terminal.json(*asked, "--language", "fr")
    assert (told["subject"], told["quiet"]) == ("Express semaine 20 - Réseau\u00a0: rien à signaler", True)
    assert told["files"] == [str(tmp_path / "out" / name) for name in ("express.html", "express.pdf", "express.txt")]
    html, text = ((tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("express.html", "express.txt"))
    assert told["subject"] in html
    assert text.startswith(f"{told['subject']}\nRéseau · 11 – 17 mai 2026\n")


def test_a_month_is_no_week_and_a_scope_must_be_one(terminal: Terminal, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path))
    assert terminal.run("report", "express", "--period", "2026-05", "--scope", "network", *out) == 2
    assert "2026-W47" in terminal.err
    assert terminal.run("report", "express", "--period", "2026-W20", "--scope", "nowhere", *out) == 2


def test_a_voice_is_a_month_as_html_text_and_pdf(terminal: Terminal, tmp_path: Path) -> None:
    out = ("--scope", "network", "--out", str(tmp_path / "out"))
    told = terminal.json("report", "voice", "--period", "2026-05", *out, "--language", "en")
    assert (told["month"], told["subject"]) == ("2026-05", "Voice of the customer - May 2026 - Network: no answer")
    assert [Path(name).name for name in told["files"]] == ["voice.html", "voice.pdf", "voice.txt"]
    assert (tmp_path / "out" / "voice.pdf").read_bytes().startswith(b"%PDF-")
    assert "No answer this month." in (tmp_path / "out" / "voice.txt").read_text("utf-8")
    assert terminal.run("report", "voice", "--period", "2026-W20", *out) == 2
    assert "2026-10" in terminal.err

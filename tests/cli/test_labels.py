"""`surveyor labels`: what is wrong with a lexicon, and how well one sorts verbatims that a person labelled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from surveyor.cli import main
from surveyor.flows.sort_verbatims import shipped_text


def test_a_lexicon_is_checked_line_by_line(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "labels.toml"
    file.write_text(shipped_text(), "utf-8")
    assert main(["labels", "check", str(file)]) == 0
    file.write_text(shipped_text().replace("format = 1", "format = 7"), "utf-8")
    assert main(["labels", "check", str(file), "--json"]) == 1
    told = json.loads(capsys.readouterr().out.partition("ok\n")[2])
    assert told["ok"] is False
    assert told["complaints"][0]["code"] == "lexicon_invalid"


def test_precision_and_recall_are_printed_without_a_verbatim(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "labelled.csv"
    file.write_text("comment,labels\nTrop d'attente,waiting:negative\nRAS,price:negative\nTrop cher,\n", "utf-8")
    assert main(["labels", "measure", str(file), "--json"]) == 0
    out = capsys.readouterr().out
    assert "attente" not in out
    told = {row["label"]: row for row in json.loads(out)["labels"]}
    assert (told["waiting"]["precision"], told["waiting"]["recall"]) == (1.0, 1.0)
    assert (told["price"]["wrong"], told["price"]["missed"]) == (1, 1)
    assert main(["labels", "measure", str(file)]) == 0
    assert "3 verbatims" in capsys.readouterr().out
    file.write_text("sep=;\ncomment;labels\nTrop d'attente, trop cher;waiting:negative\n", "utf-8")
    assert main(["labels", "measure", str(file), "--json"]) == 0
    file.write_text("comment,labels\nx,waiting\n", "utf-8")
    assert main(["labels", "measure", str(file)]) == 2

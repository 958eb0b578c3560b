"""`surveyor suppressions`: out to a file, in from another tool."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal


def test_a_list_of_another_tool_comes_in_and_goes_out_by_key(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("address,reason\nzoe@example.org,unsubscribed\nana@example.org,complained\nnobody,\n")
    done = terminal.json("suppressions", "import", str(file), status=1)
    assert (done["new"], done["known"], [one["line"] for one in done["refused"]]) == (2, 0, [4])
    assert terminal.run("suppressions", "export") == 0
    assert len(terminal.out.splitlines()) == 3
    assert "example.org" not in terminal.out
    out = tmp_path / "out.csv"
    assert terminal.json("suppressions", "export", str(out)) == {"suppressions": 2, "file": str(out)}
    assert terminal.json("suppressions", "import", str(out))["known"] == 2
    file.write_text("zoe@example.org\n")
    assert terminal.run("suppressions", "import", str(file)) == 2

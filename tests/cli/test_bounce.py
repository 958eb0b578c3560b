"""`surveyor mail bounce`: what the pipe of a mail server calls."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal
from tests.mail.test_bounces import report


def test_a_bounce_is_read_from_a_pipe_once(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bounce.eml"
    file.write_bytes(report())
    assert terminal.json("mail", "bounce", str(file)) == {"kinds": ["bounced"], "new": 1, "matched": 0}
    assert terminal.json("mail", "bounce", str(file))["new"] == 0
    file.write_bytes(b"")
    assert terminal.json("mail", "bounce", str(file)) == {"kinds": [], "new": 0, "matched": 0}
    file.write_bytes(b"Auto-Submitted: auto-replied\n\nholiday")
    assert terminal.run("mail", "bounce", str(file)) == 0
    assert "autoresponded" in terminal.out

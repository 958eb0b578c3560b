"""`surveyor customers`: a copy of what is kept, and an erasure, by the id that the source uses."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Terminal

ORDER = (
    '{{"event_id": "e{n}", "type": "order.completed", "order_id": "o{n}", "customer_id": "c1", "store_id": "S1", '
    '"email": "zoe@example.org", "first_name": "Zoé", "ordered_at": "2026-01-0{n}T17:00:00+01:00"}}\n'
)


def test_a_person_is_exported_then_erased_and_known_no_more(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "orders.ndjson"
    file.write_text("".join(ORDER.format(n=n) for n in (5, 6)))
    assert terminal.run("orders", "import", str(file), "--source", "tills") == 0, terminal.err
    assert terminal.run("customers", "export", "c1", "--out", str(tmp_path / "copy")) == 0, terminal.err
    paths = [Path(line) for line in terminal.out.splitlines()]
    assert [path.suffix for path in paths] == [".json", ".html"]
    assert json.loads(paths[0].read_text())["tables"]["customers"][0]["first_name"] == "Zoé"
    assert "<h2>Orders (2)</h2>" in paths[1].read_text()
    done = terminal.json("customers", "erase", "c1")
    assert done["done"]
    assert (done["receipt"]["customers"], done["receipt"]["order_events"]) == (1, 2)
    assert terminal.run("customers", "erase", "c1") == 1
    assert "no such customer" in terminal.err
    assert terminal.json("check")["ok"]


def test_retention_says_what_is_over_then_lets_it_go(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "orders.ndjson"
    file.write_text("".join(ORDER.format(n=n) for n in (5, 6)))
    assert terminal.run("orders", "import", str(file), "--source", "tills") == 0, terminal.err
    later = "2099-01-05T10:00:00+01:00"
    dry = terminal.json("retention", "run", "--dry-run", "--now", later)
    assert (dry["dry_run"], dry["classes"]["order_payloads"], dry["classes"]["identities"]) == (True, 2, 1)
    done = terminal.json("retention", "run", "--now", later)
    assert (done["classes"]["order_payloads"], done["broken"]) == (2, [])
    assert terminal.json("retention", "run", "--now", later)["classes"]["order_payloads"] == 0

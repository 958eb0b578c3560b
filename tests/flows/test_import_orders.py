"""A file of order events through the real command, on both engines: counted, refused by line, resumed, once."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.cli import main
from surveyor.core.scope import NETWORK
from surveyor.db import network, stores
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.imports import Import
from surveyor.db.tables.network import Region, Store
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.flows.edit_store import edit_store
from surveyor.flows.import_orders import Options, import_orders
from surveyor.flows.import_reference import import_stores
from surveyor.flows.manage_users import HOST
from surveyor.settings import Settings
from tests.flows.orders import KEYS, event, record, use_rules

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((ROOT / "tests" / "golden" / "bad_inputs.json").read_text())
#: CS-22 is about the browser and CS-25 about past answers: neither is this command.
CASES = [c for c in GOLDEN["cases"] if c["area"] == "csv_import" and c["id"] not in ("CS-22", "CS-25")]
NOW = GOLDEN["fixtures"]["now"]
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
HEADER = "event_id,type,customer_id,email,store_id,ordered_at,amount\n"
STORES = "store_id,name,region,tz\n" + "".join(
    f"{key},{store['name']},{store['region']},{store['tz']}\n" for key, store in GOLDEN["fixtures"]["stores"].items()
)
Run = Callable[..., tuple[int, dict[str, Any]]]


def line(number: int, **changed: str) -> str:
    """One good line."""
    customer = changed.get("customer", f"c{number % 50}")
    address = changed.get("address", f"{customer}@example.fr")
    store = changed.get("store", "S1")
    amount = changed.get("amount", "12.50")
    return f"v{number},order.completed,{customer},{address},{store},2026-11-18T10:00:00+01:00,{amount}\n"


@pytest.fixture
def installed(engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installation with the stores and rules of the written cases, working in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / ".home").mkdir()
    for name in [name for name in os.environ if name.startswith("SURVEYOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SURVEYOR_HOME", str(folder / ".home"))
    monkeypatch.setenv("SURVEYOR_DATABASE_URL", engine_url)
    monkeypatch.setenv("SURVEYOR_ALLOW_TIME_TRAVEL", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(folder)
    (tmp_path / "stores.csv").write_text(STORES)
    assert main(["orders", "import", "--stores", str(tmp_path / "stores.csv")]) == 0
    engine = make_engine(engine_url)
    sessions = make_sessions(engine)
    use_rules(sessions, GOLDEN["fixtures"]["rules_active"]["toml"])
    yield sessions
    engine.dispose()


@pytest.fixture
def run(installed: Any, tmp_path: Path) -> Run:
    """`surveyor orders import` with a receipt; its exit status and the receipt."""

    def call(*arguments: str, now: str = NOW) -> tuple[int, dict[str, Any]]:
        receipt = tmp_path / "receipt.json"
        receipt.unlink(missing_ok=True)
        status = main(["orders", "import", *arguments, "--receipt", str(receipt), "--now", now])
        return status, one_file(json.loads(receipt.read_text())) if receipt.exists() else {}

    return call


def one_file(receipt: dict[str, Any]) -> dict[str, Any]:
    """The receipt of a single file, its lines by what became of them."""
    lines = receipt["refused"]
    apart = {name: [one for one in lines if one["outcome"] == name] for name in ("rejected", "conflict")}
    return receipt["files"][0] | {"lines": lines, "refusals": apart["rejected"], "conflicting": apart["conflict"]}


def count(sessions: Any, table: Any, *where: Any) -> int:
    with sessions.begin() as session:
        return int(session.scalar(select(func.count()).select_from(table).where(*where)))


def content_of(given: dict[str, Any]) -> bytes | None:
    """The bytes that a written case puts in the file."""
    if "base64" in given:
        return base64.b64decode(given["base64"])
    if "gzip_of" in given:
        packed = gzip.compress(given["gzip_of"].encode())
        return packed[: -given["cut_bytes"]] if "cut_bytes" in given else packed
    if "build" in given:
        return b"".join(text.encode() * times for text, times in given["build"])
    return given["csv"].encode() if "csv" in given else None


def without_column(where: str) -> str:
    """Lines are exact, columns indicative."""
    line, _, column = where.partition(":")
    return line if column.isdigit() else where


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['title']}" for case in CASES])
def test_every_written_case_of_a_bad_file_has_its_status_code_place_and_sentence(
    case: dict[str, Any], installed: Any, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    given, expected = case["input"], case["expect"]
    name = given.get("filename", "orders.csv")
    content = content_of(given)
    if content is not None:
        Path(name).write_bytes(content)
    else:
        name = given["command"][-1]
    before = 0
    if "given" in given:
        assert run(name, now="2026-11-19T09:00:00Z")[0] == 0
        before = count(installed, Order)
        capsys.readouterr()
    status, receipt = run(name)
    assert status == expected["exit"]
    told = [*receipt["lines"], *([receipt["problem"]] if receipt["problem"] else [])]
    assert [(one["code"], without_column(one["where"])) for one in told] == [
        (expected["error_code"], without_column(expected["where"]))
    ]
    for said in ("message_fr", "message_en"):
        found = told[0][said].replace("\u00a0", " ").replace("\u202f", " ")
        assert found == expected[said].replace(expected["where"], told[0]["where"])
    if expected["stored"] is not None:
        assert (count(installed, Order) > before) is expected["stored"]
    assert receipt["rows"] == sum(receipt[key] for key in ("accepted", "duplicates", "conflicts", "rejected"))
    assert expected["error_code"] in capsys.readouterr().err
    if case["id"] == "CS-18":
        assert (receipt["accepted"], receipt["duplicates"]) == (0, 1)


def test_a_file_is_counted_line_by_line_and_its_receipt_is_the_table(installed: Any, run: Run) -> None:
    Path("a.csv").write_text(HEADER + line(1) + line(2) + line(1) + line(2, amount="99") + line(3, store="") + "x,y\n")
    status, receipt = run("a.csv", "--source", "till")
    assert status == 1
    counts = [receipt[key] for key in ("accepted", "duplicates", "conflicts", "rejected")]
    assert counts == [3, 1, 1, 1]
    assert [(one["line"], one["code"]) for one in receipt["refusals"]] == [(7, "csv_cell_count")]
    assert [(one["line"], one["where"]) for one in receipt["conflicting"]] == [(5, "v2")]
    with installed.begin() as session:
        row = session.scalars(select(Import)).one()
        assert [row.accepted, row.duplicates, row.conflicts, row.rejected] == counts
        assert row.finished_at is not None
        assert [one["line"] for one in row.first_refusals] == [5, 7]


def test_history_counts_in_windows_and_decides_nothing(installed: Any, run: Run) -> None:
    Path("past.csv").write_text(HEADER + line(1, customer="c1") + line(2, customer="c1"))
    status, receipt = run("past.csv", "--history")
    assert (status, receipt["accepted"], receipt["history"]) == (0, 2, True)
    assert count(installed, Order, Order.history) == 2
    assert count(installed, DecisionRow) == 0


def test_strict_stores_refuse_an_unknown_store_and_take_it_once_it_is_declared(
    installed: Any, run: Run, tmp_path: Path
) -> None:
    Path("a.csv").write_text(HEADER + line(1) + line(2, store="S9"))
    status, receipt = run("a.csv", "--strict-stores")
    assert status == 1
    assert [(one["code"], one["where"]) for one in receipt["refusals"]] == [("store_unknown", "3:store_id")]
    (tmp_path / "more.csv").write_text("id;name;region;region_name\nS9;Lyon;est;Grand Est\n")
    status, receipt = run("a.csv", "--strict-stores", "--stores", str(tmp_path / "more.csv"))
    assert (status, receipt["accepted"], receipt["duplicates"]) == (0, 1, 1)
    with installed.begin() as session:
        assert session.get(Region, "est").name == "Grand Est"
        assert session.get(Store, "S9").to_complete is False


def test_a_file_refused_for_its_encoding_is_taken_when_called_with_the_right_one(installed: Any, run: Run) -> None:
    Path("a.csv").write_bytes((HEADER + line(1) + line(2, customer="zoé", address="zoe@example.fr")).encode("cp1252"))
    assert run("a.csv")[0] == 1
    status, receipt = run("a.csv", "--encoding", "cp1252")
    assert (status, receipt["accepted"], receipt["duplicates"], receipt["rejected"]) == (0, 1, 1, 0)


def test_standard_input_is_read_like_a_file(engine_url: str, installed: Any) -> None:
    content = HEADER + line(1) + line(2)
    for packed in (content.encode(), gzip.compress(content.encode())):
        done = subprocess.run(
            [sys.executable, "-m", "surveyor", "orders", "import", "-", "--json", "--now", NOW],
            cwd=ROOT,
            input=packed,
            capture_output=True,
            check=False,
        )
        receipt = one_file(json.loads(done.stdout))
        assert (done.returncode, receipt["file"], receipt["rows"]) == (0, "stdin", 2)
    assert count(installed, OrderEventRow) == 2


@pytest.mark.faults
@pytest.mark.parametrize("plan", ["file.mid_batch:2", "file.committed:2", "file.mid_batch:1", "file.committed:1"])
def test_an_import_killed_anywhere_goes_on_and_loses_or_doubles_nothing(
    plan: str, installed: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = "x,y\n"
    Path("big.csv").write_text(HEADER + bad + "".join(line(n) for n in range(2300)) + line(5, amount="7") + bad)
    killed = subprocess.run(
        [sys.executable, "-m", "surveyor", "orders", "import", str(Path("big.csv").resolve()), "--now", NOW],
        cwd=ROOT,
        env={**os.environ, "SURVEYOR_FAULT_PLAN": plan},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9
    status, receipt = run("big.csv")
    assert status == 1
    assert [receipt[key] for key in ("accepted", "duplicates", "conflicts", "rejected")] == [2300, 0, 1, 2]
    assert [one["line"] for one in receipt["refusals"]] == [2, 2304]
    assert [one["line"] for one in receipt["conflicting"]] == [2303]
    assert count(installed, Order) == 2300
    assert receipt["resumed_from"] == {"file.mid_batch:2": 1002, "file.committed:2": 2002}.get(
        plan, 0 if "mid" in plan else 1002
    )


def test_customers_of_a_file_are_declared_and_an_address_is_left_to_orders(
    installed: Any, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,email,first_name,segment\nc1,ana@example.fr,Ana,famille\n,x@example.fr,Nobody,\n")
    assert main(["orders", "import", "--customers", str(file)]) == 1
    file.write_text("customer_id,email,first_name,segment\nc1,other@example.fr,Anaïs,vip\nc2,,Bo,\n")
    assert main(["orders", "import", "--customers", str(file)]) == 0
    with installed.begin() as session:
        found = {row.external_id: row for row in session.scalars(select(Customer))}
        assert {name: (row.email, row.first_name, row.segment) for name, row in found.items()} == {
            "c1": ("ana@example.fr", "Anaïs", "vip"),
            "c2": ("", "Bo", ""),
        }


def test_nothing_named_and_a_wrong_encoding_are_wrong_calls(installed: Any) -> None:
    assert main(["orders", "import"]) == 2
    assert main(["orders", "import", "a.csv", "--encoding", "latin-42"]) == 2


def test_a_number_in_a_free_field_of_an_ndjson_file_is_kept_as_a_number(run: Run, installed: Any) -> None:
    event = {"event_id": "n1", "type": "order.completed", "customer_id": "c1", "ordered_at": "2026-11-18T10:00:00Z"}
    Path("orders.ndjson").write_text(json.dumps({**event, "basket": 3, "weight": 1.5, "lines": [{"n": 2}]}) + "\n")
    status, receipt = run("orders.ndjson")
    assert (status, receipt["accepted"]) == (0, 1)
    with installed() as session:
        assert session.scalars(select(Order.attributes)).one() == {"basket": 3, "weight": 1.5, "lines": [{"n": 2}]}


def test_an_import_that_was_stopped_tells_again_what_the_lines_alone_do_not_show(
    sqlite_sessions: Any, tmp_path: Path
) -> None:
    path, told = tmp_path / "orders.csv", []
    path.write_text(HEADER + line(0, store="S9") + "".join(line(n) for n in range(1, 1002)))
    services = SimpleNamespace(sessions=sqlite_sessions, settings=Settings.read({}), keyring=KEYS)
    with sqlite_sessions.begin() as session:
        network.add_stores(session, [network.StoreRow("S1", "Ici", "Europe/Paris")], day=date(2026, 1, 1), now=AT)

    def take(on_progress: Any = lambda _rows: None) -> Any:
        options, told[:] = Options(strict_stores=True), []
        more = {"on_refusal": lambda one: told.append((one.line, one.complaint.code)), "on_progress": on_progress}
        return import_orders(services, path, options=options, now=lambda: AT, **more)

    def stopped(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(stopped)
    receipt = take()
    assert (receipt.accepted, receipt.rejected, receipt.resumed_from) == (1001, 1, 1002)
    assert told == [(2, "store_unknown")]


def test_a_line_of_stores_that_has_no_cells_is_left_out_with_its_number(sqlite_sessions: Any, tmp_path: Path) -> None:
    path = tmp_path / "stores.csv"
    path.write_text("store_id,name\nS1,Lille\nS2,Arras,trop\nS3,Nice\n")
    services = SimpleNamespace(sessions=sqlite_sessions, settings=Settings.read({}), keyring=KEYS)
    done = import_stores(services, path, encoding="utf-8", now=AT)
    assert (done.added, [(one.where, one.code) for one in done.refused]) == (2, [("3", "csv_cell_count")])


def test_a_store_that_orders_brought_is_complete_once_somebody_names_it(sqlite_sessions: Any) -> None:
    use_rules(sqlite_sessions)
    record(sqlite_sessions, event("o1", "c1", AT), now=AT)
    with sqlite_sessions() as session:
        (store,) = stores.shops(session, (NETWORK,))
    assert store.to_complete
    edit_store(sqlite_sessions, store=store, changes={"name": "Lille"}, by=HOST, now=AT)
    with sqlite_sessions() as session:
        (store,) = stores.shops(session, (NETWORK,))
    assert (store.name, store.to_complete) == ("Lille", False)

"""Files replayed by columns: the report and the list of emails are those of the way that reads row by row."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from surveyor.core.replay import OrderRow
from surveyor.flows.replay_orders import Asked, replay_files
from tests.vector.worlds import rows

pytest.importorskip("numpy", reason="the optional extra `fast` (numpy) is not installed")

NAMES = (
    *("amount", "event_id", "type", "order_id", "customer_id", "email", "store_id", "segment", "region"),
    *("ordered_at", "fulfilled_at", "received_at"),
)
STORES = "store_id,zone,region,excluded\nSP,Europe/Paris,nord,\nSR,Indian/Reunion,sud,\nSX,Europe/Paris,nord,true\n"
RULES = '[[rule]]\nid = "a"\nbasis = "{basis}"\n{more}'
MORE = ("", "min_orders = 1\ndelay_days = 0\n", 'window_days = 10\nsegments = ["gold"]\nsampling_rate = 0.5\n')


def cells(row: OrderRow) -> list[str]:
    """As a shop writes them: in the offset of the place, "Z", with or without microseconds."""
    shown = [shown_at(row.ordered_at, row.zone), shown_at(row.fulfilled_at, "Z"), shown_at(row.received_at, row.zone)]
    texts = (row.event_id, row.type, row.order_id, row.customer_id, row.address.upper(), row.store_id, row.segment)
    return ["12.50", *texts, row.region, *shown]


def shown_at(at: datetime | None, zone: str) -> str:
    if at is None:
        return ""
    if zone == "Z":
        return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return at.astimezone(datetime.strptime(zone, "%z").tzinfo).isoformat()


def file(folder: Path, seed: int, *, change: Callable[[str], str] = lambda text: text) -> Path:
    lines = [NAMES, *map(cells, rows(Random(seed), customers=50))]
    text = "".join(",".join(line) + "\n" for line in lines)
    path = folder / "orders.csv"
    path.write_text(change(text), encoding="utf-8")
    return path


def both(folder: Path, orders: Path, *, rules: str, **more: Any) -> dict[str, Any]:
    """The report by columns, once it was compared with the other."""
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    (folder / "against.toml").write_text(RULES.format(basis="ordered_at", more="cooldown_days = 9\n"), encoding="utf-8")
    (folder / "stores.csv").write_text(STORES, encoding="utf-8")
    found = []
    for columns in (True, False):
        sends = folder / f"sends-{columns}.csv"
        asked = Asked(orders, folder / "rules.toml", folder / "against.toml", sends=sends, **more)
        found.append(({**replay_files(asked, columns=columns)}, sends.read_bytes()))
    (report, sends), (other, others) = found
    engine = {name: report.pop(name) for name in ("engine", "engine_because")}
    assert (other.pop("engine"), other.pop("engine_because")) == ("decide", "`decide` was asked for")
    assert report == other
    assert sends == others
    assert report["emails"]
    return {**report, **engine}


@pytest.mark.parametrize("seed", range(8))
def test_drawn_files(tmp_path: Path, seed: int) -> None:
    rules = RULES.format(basis=("ordered_at", "fulfilled_at")[seed % 2], more=MORE[seed % 3])
    more: dict[str, Any] = {} if seed % 2 else {"stores": tmp_path / "stores.csv"}
    if seed > 4:
        more |= {"first": date(2026, 3, 1), "last": date(2026, 7, 31)}
    assert both(tmp_path, file(tmp_path, seed), rules=rules, **more)["engine"] == "columns"


@pytest.mark.parametrize(
    ("change", "engine"),
    [
        (lambda text: text.replace("\n", "\r\n"), "columns"),
        (lambda text: text.rstrip("\n"), "columns"),
        (lambda text: "\ufeff" + text.replace(",", ";"), "columns"),
        (lambda text: text.replace("order_id", "no_id", 1), "columns"),
        (lambda text: text.replace("gold", "doré"), "decide"),
        (lambda text: text.replace("base", "bâse"), "columns"),
        (lambda text: text.replace("gold", '"gold"'), "decide"),
        (lambda text: text.replace("gold", " gold"), "decide"),
        (lambda text: text.replace("T", "t"), "decide"),
        (lambda text: text + "1,x,order.completed,o,c\n", "decide"),
        (lambda text: text + "1,x,order.completed,o,c,,,,,2026-02-30T00:00:00Z,,\n", "decide"),
        (lambda text: text + "1,x,order.completed,o,c,,,,,2026-02-2:T00:00:00Z,,\n", "decide"),
        (lambda text: text + "1,x,order.completed,o,c,,,,,0900-02-20T00:00:00Z,,\n", "decide"),
        (lambda text: text + "1,,order.completed,o,c,,,,,2026-02-20T00:00:00Z,,\n", "decide"),
        (lambda text: text + f"1,x,order.completed,{'o' * 200},c,,,,,2026-02-20T00:00:00Z,,\n", "decide"),
    ],
)
def test_files_of_every_shape(tmp_path: Path, change: Callable[[str], str], engine: str) -> None:
    rules = RULES.format(basis="ordered_at", more="")
    assert both(tmp_path, file(tmp_path, 3, change=change), rules=rules)["engine"] == engine


def test_a_file_that_is_zipped(tmp_path: Path) -> None:
    plain, zipped = file(tmp_path, 4), tmp_path / "orders.csv.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    rules = RULES.format(basis="ordered_at", more="")
    assert both(tmp_path, zipped, rules=rules)["engine"] == "columns"


def test_order_ids_longer_than_a_word_are_told_apart(tmp_path: Path) -> None:
    path = file(tmp_path, 5)
    with path.open(encoding="utf-8", newline="") as source:
        lines = list(csv.reader(source))
    for line in lines[1:]:
        line[3] = f"order-of-the-shop-of-{line[5]}-number-{line[3]}"
        line[4] = f"customer-number-{line[4]}" if line[4] else ""
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    assert both(tmp_path, path, rules=RULES.format(basis="ordered_at", more=""))["engine"] == "columns"

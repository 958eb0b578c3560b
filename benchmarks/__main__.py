"""`python -m benchmarks STAGE`: measure stages, hold them to their floors, write the table of the README."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from benchmarks import kit, report

HERE = Path(__file__).resolve().parent
STAGES = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def main(arguments: list[str] | None = None) -> int:
    """Measure; 1 when --check is given and a row is beyond its floor or was refused by its check."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("stage", choices=[*STAGES, "all", "report"])
    parser.add_argument("files", nargs="*", type=Path, help="report: JSON files of earlier runs")
    parser.add_argument("--engine", choices=["E", "P"], help="embedded or production; both without it")
    parser.add_argument("--rounds", type=int, default=5)
    sizes = ["small", "middle", "full"]  # middle: of dashboards alone; the others take small
    parser.add_argument("--size", choices=sizes, default="small")
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--check", action="store_true", help="status 1 below a floor")
    asked = parser.parse_args(arguments)
    if asked.stage == "report":
        (HERE / "README.md").write_text(report.page([json.loads(path.read_text()) for path in asked.files]))
        return 0
    targets = tomllib.loads((HERE / "targets.toml").read_text())
    runs = [run(stage, asked, targets) for stage in (STAGES if asked.stage == "all" else [asked.stage])]
    if asked.json:
        asked.json.write_text(json.dumps(runs if len(runs) > 1 else runs[0], indent=1) + "\n")
    rows = [row for one in runs for row in one["rows"]]
    beyond = [row for row in rows if row["verdict"] == "fail" or row["check"] == "failed"]
    return 1 if asked.check and beyond else 0


def run(stage: str, asked: argparse.Namespace, targets: dict[str, Any]) -> dict[str, Any]:
    """One stage on the engines asked for; each row is printed as soon as it is known."""
    module = importlib.import_module(f"benchmarks.bench_{stage}")
    before = kit.environment()
    size = asked.size if asked.size in getattr(module, "SIZES", ("small", "full")) else "small"
    rows = []
    if hasattr(module, "rows"):
        rows += list(module.rows(size=size, engine=asked.engine, targets=targets))
        for row in rows:
            print(report.line(stage, kit.as_json([row])[0]), flush=True)
    for case in module.cases(size=size, engine=asked.engine) if hasattr(module, "cases") else ():
        row = kit.measure(case, rounds=asked.rounds, target=targets.get(case.id, {}).get(case.engine))
        print(report.line(stage, kit.as_json([row])[0]), flush=True)
        rows.append(row)
    before["load_after"] = [round(load, 2) for load in os.getloadavg()]
    return {"stage": stage, "rows": kit.as_json(rows), "env": before}


if __name__ == "__main__":
    sys.exit(main())

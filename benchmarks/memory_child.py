"""One import or export in a process of its own, whose memory is then known: run by bench_memory."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.db.engine import make_engine, make_sessions


def memory(name: str, pid: int | str = "self") -> float:
    """MB of a line of `/proc/PID/status`: VmRSS now, VmHWM at its highest."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def _export(columns: Any, pages: Any, file: Path) -> int:
    """Write a list in the form that the file is named after; how many rows."""
    from surveyor.web.api.cells import RFC_4180, csv_lines
    from surveyor.web.api.columnar import write_parquet
    from surveyor.web.api.workbook import write_workbook

    if file.suffix == ".csv":
        last = ""
        with file.open("w", encoding="utf-8", newline="") as out:
            for last in csv_lines(columns, pages, RFC_4180):
                out.write(last)
        return int(last.removeprefix("# rows: "))
    with file.open("wb") as raw:
        if file.suffix == ".xlsx":
            return write_workbook(columns, pages, raw, zone=ZoneInfo("Europe/Paris"), folder=file.parent)
        return write_parquet(columns, pages, raw)


def main(verb: str, url: str, file: str) -> None:
    """Print what it took, as JSON."""
    engine = make_engine(url, read_only=verb == "export")  # as the pages that exports are downloaded from
    sessions = make_sessions(engine)
    with sessions() as session:
        session.connection()
    if verb == "import":
        from benchmarks.from_file import take_file

        idle, receipt = memory("VmRSS"), take_file(sessions, Path(file))
        items = receipt.accepted + receipt.duplicates
    else:
        from benchmarks import bench_files

        place = bench_files.Place(url, engine, sessions, {})
        idle = memory("VmRSS")
        items = _export(bench_files.LIST.columns, bench_files.pages(place), Path(file))
    print(json.dumps({"idle": idle, "peak": memory("VmHWM"), "items": items}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The house's one border guard: who may import whom, who may read a clock, what a file may be called."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "surveyor"

#: The layers, from the bottom; those of one level never import each other.
LEVELS = {
    "core": 0,
    "db": 1,
    "mail": 1,
    "ingest": 1,
    "outgoing": 1,
    "vector": 1,
    "flows": 2,
    "web": 3,
    "jobs": 3,
    "app": 4,
    "cli": 4,
    "supervisor": 4,
    "__main__": 4,
    "testing": 4,
}
#: Beside the layers: who may import them, by level.
ASIDE = {"errors": 0, "faults": 1, "shipped": 1, "logs": 3, "settings": 3, "services": 3}
#: A library that one place owns.
OWNED = {
    "sqlalchemy": {"db"},
    "alembic": {"db"},
    "psycopg": {"db"},
    "flask": {"web", "app"},
    "rq": {"jobs"},
    "sendgrid": {"mail"},
    "python_http_client": {"mail"},
    "numpy": {"vector"},
}
TIMELESS = {"core", "db", "flows", "mail", "ingest", "outgoing", "vector"}
KINDS = {"models", "views", "utils", "util", "helpers", "helper", "common", "misc", "manager"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
CLOCKS |= {("time", "time_ns"), ("time", "localtime"), ("time", "gmtime")}
CHANCE = {"random", "secrets", "uuid.uuid4", "uuid.uuid1", "os.urandom"}


@dataclass(frozen=True)
class Import:
    """One import statement: `target` is dotted and absolute; `typing_only` when a type checker alone runs it."""

    file: Path
    line: int
    target: str
    typing_only: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.target}"


@cache
def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def part(path: Path) -> str:
    """The first word under the package: the layer, or the module beside them."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[Import]:
    tree = parsed(path)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(ROOT).parts[: -node.level]
                base = ".".join([*package, *([base] if base else [])])
            targets = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            yield Import(path, node.lineno, target, id(node) in for_types)


@cache
def all_imports() -> list[Import]:
    return [found for path in modules() for found in imports(path)]


def test_arrows_only_go_down() -> None:
    wrong = [f"{found}" for found in all_imports() if not _may(found)]
    assert not wrong, "\n".join(wrong)


def _may(found: Import) -> bool:
    words = found.target.split(".")
    if words[0] != "surveyor" or len(words) < 2:
        return True
    mine, theirs = part(found.file), words[1]
    if mine == theirs or (not (PACKAGE / theirs).exists() and not (PACKAGE / f"{theirs}.py").exists()):
        return True
    if theirs in ASIDE:
        return mine in ASIDE or LEVELS.get(mine, -1) >= ASIDE[theirs]
    if mine in ASIDE:
        return found.typing_only  # services names the types it carries
    if mine not in LEVELS:
        return mine == "__init__"
    return LEVELS[theirs] < LEVELS[mine] or LEVELS[mine] == LEVELS[theirs] == 4


def test_every_part_of_the_package_has_its_place() -> None:
    strangers = {part(path) for path in modules()} - set(LEVELS) - set(ASIDE) - {"__init__"}
    assert not strangers, f"say in this test where they stand: {sorted(strangers)}"


def test_the_core_uses_the_standard_library_alone() -> None:
    allowed = set(sys.stdlib_module_names) | {"surveyor", "__future__"}
    wrong = [
        str(found)
        for found in all_imports()
        if part(found.file) == "core" and found.target.split(".")[0] not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(OWNED))
def test_a_library_stays_with_its_owner(library: str) -> None:
    wrong = [
        str(found)
        for found in all_imports()
        if found.target.split(".")[0] == library
        and part(found.file) not in OWNED[library]
        and part(found.file) != "testing"
    ]
    assert not wrong, "\n".join(wrong)


def test_sendgrid_stays_inside_one_file() -> None:
    files = {found.file for found in all_imports() if found.target.split(".")[0] == "sendgrid"}
    assert len(files) <= 1


def test_what_needs_an_optional_extra_is_loaded_by_name_when_it_is_used() -> None:
    """`surveyor.vector` needs numpy: an import statement elsewhere would ask everybody to have it."""
    wrong = [
        str(found)
        for found in all_imports()
        if found.target.split(".")[:2] == ["surveyor", "vector"] and part(found.file) != "vector"
    ]
    assert not wrong, "\n".join(wrong)
    loaders = {
        str(path.relative_to(PACKAGE)) for path in modules() if re.search(r'"surveyor\.vector', path.read_text("utf-8"))
    }
    assert loaders == {"flows/replay_by_columns.py"}


def test_nothing_below_the_edges_reads_a_clock() -> None:
    wrong = []
    for path in modules():
        if part(path) not in TIMELESS:
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and _is_clock(node.func):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} reads a clock")
        wrong += [
            f"{found} to read a clock"
            for found in imports(path)
            if found.target in {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}
        ]
    assert not wrong, "\n".join(wrong)


def _is_clock(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute):
        return False
    owner = ast.unparse(function.value).rpartition(".")[2]
    return (owner, function.attr) in CLOCKS


def test_the_core_draws_no_lots() -> None:
    wrong = [
        str(found)
        for found in all_imports()
        if part(found.file) == "core" and ({found.target, found.target.split(".")[0]} & CHANCE)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_settings_read_the_environment() -> None:
    allowed = {"settings", "cli", "supervisor", "__main__", "testing"}
    wrong = [
        f"{path.relative_to(ROOT)}"
        for path in modules()
        if part(path) not in allowed and re.search(r"os\.environ|os\.getenv|getenv\(", path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_named_after_a_kind() -> None:
    named = [path for folder in ("surveyor", "tests", "benchmarks") for path in (ROOT / folder).rglob("*")]
    wrong = [str(path.relative_to(ROOT)) for path in named if path.name.removesuffix(".py") in KINDS]
    assert not wrong, "\n".join(wrong)


def test_every_module_begins_with_a_sentence_about_itself() -> None:
    wrong = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        said = ast.get_docstring(parsed(path)) or ""
        if text.strip() and not said.partition("\n")[0].rstrip().endswith((".", ":", "?", "!")):
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, "no first sentence:\n" + "\n".join(wrong)

"""What no file of the project may contain: a machine's paths, dangerous calls, markup that a screen must not have."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".venv", ".git", "var", "node_modules", "__pycache__", "vendor", ".mypy_cache", ".ruff_cache", "golden"}
TEXTS = {
    ".py",
    ".toml",
    ".md",
    ".txt",
    ".html",
    ".mjml",
    ".css",
    ".js",
    ".sh",
    ".yaml",
    ".yml",
    ".service",
    ".lock",
    "",
}


@cache
def files(*folders: str) -> list[Path]:
    """The texts of the project: what git follows where there is a git, else what lies in the folders."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if path.is_file()]
    return [
        path
        for path in found
        if path.is_file()
        and path.suffix in TEXTS
        and not SKIPPED.intersection(path.relative_to(ROOT).parts)
        and (not folders or path.relative_to(ROOT).parts[0] in folders)
    ]


@cache
def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    """`file:line: text` of each line that the pattern finds."""
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(lines(path), 1)
        if wanted.search(line)
    ]


def test_no_file_names_the_machine_it_was_written_on() -> None:
    wrong = lines_with(r"/(work|root|home)/[a-z.]|/opt/(wheels|pypi)|/tmp/[a-z]+/|(/[U]sers/)", files())
    assert not wrong, "\n".join(wrong)


def test_the_lock_files_name_no_index() -> None:
    wrong = lines_with(r"https?://|--index|--find-links|file:", [ROOT / name for name in _locks()])
    assert not wrong, "\n".join(wrong)


def _locks() -> list[str]:
    return [name for name in ("requirements.lock", "requirements-dev.lock") if (ROOT / name).exists()]


@pytest.mark.parametrize("word", [r"\bjwt\b", r"\bpickle\b", r"yaml\.load", r"(?<![.\w])eval\(", r"verify\s*=\s*False"])
def test_s9_a_dangerous_call_is_nowhere(word: str) -> None:
    wrong = lines_with(word, files("surveyor"))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "markup",
    [r"\bon[a-z]+\s*=\s*[\"']", r"\bstyle\s*=\s*[\"']", r"javascript:", r"\|\s*safe\b", r"hx-on", r"innerHTML"],
)
def test_s15_the_screens_have_no_inline_script_or_style(markup: str) -> None:
    paths = [path for path in files("templates", "surveyor") if path.suffix in {".html", ".js"}]
    wrong = lines_with(markup, paths)
    assert not wrong, "\n".join(wrong)


#: Statements that no parameter can be bound in; what is joined is a constant of the file, or quoted by the server.
JOINED = (
    "PRAGMA {pragma}",
    "PRAGMA synchronous={level}",
    "LOCK TABLE {', '.join(TABLES)}",
    "ON audit FROM {grantee}",
)


def test_s30_no_statement_is_put_together_from_a_text_of_the_moment() -> None:
    """Values are bound; what is joined into a statement is a name of ours, and stands outside of `text()`."""
    paths = [path for path in files("surveyor") if path.suffix == ".py" and "db" in path.parts]
    found = lines_with(r"(?<![._\w])text\(\s*f[\"']|\.execute\(\s*f[\"']|exec_driver_sql\(\s*f[\"']", paths)
    wrong = [line for line in found if not any(constant in line for constant in JOINED)]
    assert not wrong, "\n".join(wrong)
    assert len(found) == len(JOINED)


def test_every_catalogue_and_every_template_can_be_read() -> None:
    """Two people who add the same text make a file that nobody can read: found here before any page is."""
    import tomllib

    from jinja2 import Environment

    for path in files("surveyor", "emails", "templates"):
        if path.suffix == ".toml":
            tomllib.loads(path.read_text("utf-8"))
        if path.suffix == ".html" and "templates" in path.parts:
            Environment(autoescape=True).parse(path.read_text("utf-8"))


def test_nothing_is_left_for_later_in_silence() -> None:
    wrong = lines_with(r"\b(TO" + r"DO|FIX" + r"ME|XXX)\b", files("surveyor", "templates", "emails", "bin"))
    assert not wrong, "\n".join(wrong)

"""The package as `pip install .` makes it: whole, and nothing of the embedded start that it does not need."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from surveyor.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import hatchling.build as b, sys; print(b.build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def followed(*folders: str) -> set[str]:
    """The files of a checkout under some folders, as paths from its root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return {str(path.relative_to(ROOT)) for path in found if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_holds_every_file_that_the_program_reads(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    code = {name for name in followed("surveyor") if "/_shipped/" not in name}
    edited = {f"surveyor/_shipped/{name}" for name in followed("templates", "emails")} | {
        "surveyor/_shipped/rules.toml"
    }
    assert code | edited <= held, sorted((code | edited) - held)[:20]


def test_an_installed_package_finds_its_own_files(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import surveyor; from surveyor.shipped import shipped;"
        "print(surveyor.__file__, shipped('templates'), shipped('emails'), shipped('rules.toml'))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(place.startswith(str(tmp_path)) for place in done.stdout.split())


def test_a_file_that_nobody_ships_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.toml is in neither"):
        shipped("nothing.toml")


def pinned(name: str) -> dict[str, str]:
    lines = re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / name).read_text(), flags=re.M)
    return dict(lines)


def test_the_lock_of_development_holds_all_of_the_other_in_the_same_versions() -> None:
    assert pinned("requirements.lock").items() <= pinned("requirements-dev.lock").items()


def test_s50_every_pin_has_a_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text().strip())
        assert all("--hash=sha256:" in block for block in blocks), name


def test_the_lock_holds_every_library_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {re.split(r"[\[>=;<! ]", one)[0].lower() for one in named}
    assert names <= set(pinned("requirements.lock"))


def test_s50_the_floors_of_security_hold() -> None:
    versions = pinned("requirements.lock")
    assert tuple(map(int, versions["flask"].split("."))) >= (3, 1, 3)
    assert tuple(map(int, versions["jinja2"].split("."))) >= (3, 1, 6)

"""What the program is made of: an audit says what it could not ask, the bill of materials leaves nothing out."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "bin" / "_supply.py"


@pytest.fixture(scope="module")
def supply() -> ModuleType:
    """The program behind ./bin/audit and ./bin/sbom."""
    spec = importlib.util.spec_from_file_location("_supply", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["_supply"] = module
    spec.loader.exec_module(module)
    return module


def report(*dependencies: dict[str, Any]) -> str:
    """What pip-audit prints."""
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
SKIPPED = {"name": "rq", "skip_reason": "Dependency not found on PyPI and could not be audited: rq (3.0.0)"}
BAD = {"name": "Jinja2", "version": "3.1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["3.1.9"]}]}


def test_s50_an_audit_that_could_not_ask_is_never_called_clean(supply: ModuleType) -> None:
    wanted = [supply.Pin(name, "1", ()) for name in ("flask", "rq")]
    skipped = supply.judged(report(CLEAN, SKIPPED), "", wanted)
    assert (skipped.status, skipped.silent) == (3, ["rq"])
    assert "1 of 2 locked libraries audited" in skipped.sentence()
    assert "NOT AUDITED: 1 (Dependency not found" in skipped.sentence()
    left_out = supply.judged(report(CLEAN), "", wanted)
    assert (left_out.status, left_out.silent) == (3, ["rq"])
    crashed = supply.judged("", "Traceback\nrequests.exceptions.ConnectionError: no way out", wanted)
    assert (crashed.status, len(crashed.silent)) == (3, 2)
    assert "no way out" in crashed.sentence()


def test_s50_what_is_known_is_named_and_fails(supply: ModuleType) -> None:
    wanted = [supply.Pin("flask", "3.1.3", ()), supply.Pin("jinja2", "3.1.0", ())]
    found = supply.judged(report(CLEAN, BAD), "", wanted)
    assert (found.status, found.known) == (1, [("jinja2", "3.1.0", "PYSEC-2026-1", "3.1.9")])
    assert supply.judged(report(CLEAN), "", wanted[:1]).status == 0


def test_s50_without_a_network_the_audit_says_so_by_its_status() -> None:
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "audit"], env={**os.environ, **nowhere, "NO_PROXY": ""}, capture_output=True
    )
    assert done.returncode == 3, done.stderr
    assert b"NOT AUDITED" in done.stdout.splitlines()[-1]


def test_s50_the_bill_of_materials_names_every_pin_and_every_vendored_file(supply: ModuleType) -> None:
    bill = json.loads(supply.sbom())
    named = {(one["name"], one["version"]): one for one in bill["components"]}
    pins = supply.pins()
    assert len(pins) > 40
    assert {(pin.name, pin.version) for pin in pins} <= set(named)
    for pin in pins:
        assert {one["content"] for one in named[pin.name, pin.version]["hashes"]} == set(pin.hashes)
    vendored = [line.split() for line in supply.VENDOR.read_text().splitlines() if not line.startswith("#")]
    assert len(named) == len(pins) + len(vendored)
    assert {(name, version) for name, version, *_ in vendored} <= set(named)
    assert supply.sbom() == supply.sbom()


def test_s50_the_bill_of_materials_is_cyclonedx(supply: ModuleType) -> None:
    folder = resources.files("cyclonedx.schema") / "_res"
    schemas = {name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text()) for name in NAMES}
    known = [(f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schemas[name]) for name in NAMES]
    validator = jsonschema_rs.Draft7Validator(schemas["bom-1.6"], registry=jsonschema_rs.Registry(known))
    assert [str(one) for one in validator.iter_errors(json.loads(supply.sbom()))] == []
    assert not validator.is_valid({"bomFormat": "CycloneDX"})


NAMES = ("bom-1.6", "spdx", "jsf-0.82")

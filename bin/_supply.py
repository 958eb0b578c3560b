"""What the program is made of: ./bin/audit asks about the locked libraries, ./bin/sbom writes their bill."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENDOR = ROOT / "surveyor" / "web" / "static" / "vendor" / "MANIFEST"
#: Exit statuses beside 0: something is known to be vulnerable; nobody could be asked about all of it.
VULNERABLE, NOT_AUDITED = 1, 3


@dataclass(frozen=True)
class Pin:
    """One library of the lock: its version, the SHA-256 of each file that may be installed."""

    name: str
    version: str
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """What services know about the pins. known: (library, version, id, versions that mend it); silent: not answered."""

    pins: int
    known: list[tuple[str, str, str, str]] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    why: str = ""

    @property
    def status(self) -> int:
        """The exit status: what is known comes before what is not."""
        return VULNERABLE if self.known else NOT_AUDITED if self.silent else 0

    def sentence(self) -> str:
        """The last line of the command."""
        asked = self.pins - len(self.silent)
        said = f"{asked} of {self.pins} locked libraries audited, {len(self.known)} known vulnerabilities"
        if self.silent:
            said += f"; NOT AUDITED: {len(self.silent)} ({self.why or 'no service knew them'})"
        return said


def pins(lock: Path = LOCK) -> list[Pin]:
    """The libraries of a lock file."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text("utf-8").strip())
    found = []
    for block in blocks:
        head = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block)
        assert head is not None, block
        found.append(Pin(head[1], head[2], tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))))
    return found


def audit(lock: Path = LOCK) -> Audit:
    """Ask the advisories of PyPI, then of OSV about what the first did not answer."""
    last = Audit(len(pins(lock)), silent=[pin.name for pin in pins(lock)])
    for service in ("pypi", "osv"):
        command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--require-hashes", "--disable-pip"]
        command += ["--progress-spinner", "off", "-f", "json", "-s", service, "--timeout", "10"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = judged(done.stdout, done.stderr, pins(lock))
        if len(found.silent) < len(last.silent) or not last.why:
            last = found
        if not last.silent:
            break
    return last


def judged(said: str, complained: str, wanted: list[Pin]) -> Audit:
    """What a report of pip-audit says of every pin: one that it skipped, or does not name, is not audited."""
    try:
        report: Any = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        why = (complained.strip().splitlines() or ["it said nothing"])[-1][:200]
        return Audit(len(wanted), silent=[pin.name for pin in wanted], why=why)
    answered = {one["name"].lower(): one for one in report if "vulns" in one}
    known = [
        (name, one["version"], vulnerability["id"], ", ".join(vulnerability.get("fix_versions", ())) or "none yet")
        for name, one in sorted(answered.items())
        for vulnerability in one["vulns"]
    ]
    reasons = [one.get("skip_reason", "") for one in report if "vulns" not in one]
    silent = [pin.name for pin in wanted if pin.name.lower() not in answered]
    return Audit(len(wanted), known, silent, (reasons or ["not in the report"])[0] if silent else "")


def sbom(lock: Path = LOCK) -> str:
    """CycloneDX 1.6 as JSON: every pin of the lock, every vendored file. The same lock gives the same bytes."""
    ours = Component(name="surveyor", version=_version(), type=ComponentType.APPLICATION, bom_ref="surveyor")
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, hashlib.sha256(lock.read_bytes()).hexdigest()))
    bom.metadata.component = ours
    for pin in pins(lock):
        purl = PackageURL("pypi", None, pin.name.lower().replace("_", "-"), pin.version)
        bom.components.add(_component(pin.name, pin.version, purl, pin.hashes, _licence(pin.name)))
    for name, version, licence, digest, source in _vendored():
        kind, _, package = source.partition(":")
        purl = PackageURL(kind, None, package or name, version)
        bom.components.add(_component(name, version, purl, (digest,), licence))
    bom.register_dependency(ours, bom.components)
    read = json.loads(JsonV1Dot6(bom).output_as_string())
    read["metadata"].pop("timestamp", None)
    return json.dumps(read, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _component(name: str, version: str, purl: Any, hashes: tuple[str, ...], licence: str) -> Any:
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
        licenses=[DisjunctiveLicense(name=licence)] if licence else [],
    )


def _vendored() -> list[list[str]]:
    return [line.split() for line in VENDOR.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def _licence(name: str) -> str:
    """As the installed library says it in one line, "" when it is not installed or says a whole text."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    said = about.get("License-Expression") or about.get("License") or ""
    return said if said and "\n" not in said and len(said) < 80 else ""


def _version() -> str:
    text = (ROOT / "surveyor" / "__init__.py").read_text("utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    return found[1] if found else "0"


def main(arguments: list[str]) -> int:
    """`audit`, or `sbom [FILE]`."""
    if arguments[:1] == ["audit"]:
        found = audit()
        for name, version, number, mended in found.known:
            print(f"{name} {version}: {number}, mended in {mended}")
        print(found.sentence())
        return found.status
    text = sbom()
    if arguments[1:]:
        Path(arguments[1]).write_text(text, "utf-8")
        print(f"{arguments[1]}: {text.count('bom-ref') - 1} components")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

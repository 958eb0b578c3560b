"""What an operator deploys: the processes of deploy/compose.yaml, its secrets and roles, and the systemd units."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
import redis
import yaml

from surveyor.cli import surveyor
from surveyor.settings import Settings
from surveyor.testing.smtp_server import SmtpServer
from tests.servers import PostgreSQL, Valkey, free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
HOST = "avis.example.fr"
RUNNING = ("web", "worker", "clock", "consume")
UNITS = sorted((DEPLOY / "systemd").glob("surveyor-*.service"))


def compose() -> dict[str, Any]:
    """The file, its anchors resolved."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))  # type: ignore[no-any-return]


def unit(path: Path) -> configparser.SectionProxy:
    """The [Service] of a unit; of a name given twice the last is kept."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, "utf-8")
    return parser["Service"]


def is_a_command(words: list[str]) -> None:
    """The command line is understood, to its last option; nothing is run."""
    command: click.Command = surveyor
    context = click.Context(surveyor, info_name="surveyor")
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
        if not isinstance(command, click.Group):
            command.make_context(name, words, parent=context)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_each_unit_starts_a_command_that_exists(path: Path) -> None:
    program, *words = shlex.split(unit(path)["ExecStart"].replace("%d", "/run/credentials"))
    assert program == "/opt/surveyor/bin/surveyor"
    is_a_command(words)


def test_each_service_starts_a_command_that_exists() -> None:
    ours = {name: one["command"] for name, one in compose()["services"].items() if one["image"] == "surveyor"}
    assert set(ours) == {"migrate", *RUNNING}
    for words in ours.values():
        is_a_command(words)


def test_every_setting_that_is_deployed_is_one_that_is_read() -> None:
    text = "\n".join(path.read_text("utf-8") for path in [*DEPLOY.glob("*.*"), *UNITS])
    named = set(re.findall(r"\bSURVEYOR_[A-Z_]+", text)) - {"SURVEYOR_HOST"}
    read = (ROOT / "docs" / "install.md").read_text("utf-8")
    unknown = {name for name in named if f"`{name.removesuffix('_FILE')}`" not in read}
    assert unknown == set()
    known = {name.removesuffix("_FILE").removeprefix("SURVEYOR_").lower() for name in named} - {"env", "from"}
    assert known - set(Settings.__dataclass_fields__) <= {"mail_url", "kafka_url"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in (DEPLOY / "systemd").iterdir():
        (tmp_path / path.name).write_text(path.read_text("utf-8").replace("/opt/surveyor/bin/surveyor", "/bin/true"))
    units = sorted(str(path) for path in tmp_path.iterdir())
    run = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith("surveyor")]
    assert (done.returncode, said) == (0, [])


class Machine:
    """The machine of compose.yaml: its secrets, its servers, its processes, without the containers."""

    def __init__(self, folder: Path, smtp: SmtpServer) -> None:
        self.folder = folder
        self.deploy = folder / "deploy"
        shutil.copytree(DEPLOY, self.deploy, ignore=shutil.ignore_patterns("secrets", "surveyor.env"))
        subprocess.run([self.deploy / "make-secrets"], check=True, capture_output=True)
        self.secrets = self.deploy / "secrets"
        (self.secrets / "mail_url").write_text(f"smtp://127.0.0.1:{smtp.port}")
        self.port = free_port()
        self.postgres, self.valkey = PostgreSQL(), Valkey()
        self.processes: list[subprocess.Popen[bytes]] = []

    def secret(self, name: str) -> str:
        """What a secret says."""
        return (self.secrets / name).read_text("utf-8")

    def servers(self) -> None:
        """PostgreSQL with the roles that its first start makes, Valkey with its password: their names become ports."""
        self.postgres.initialise()
        self.postgres.start()
        self.valkey.start()
        url = self.postgres.url("postgres").replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("CREATE DATABASE surveyor")
        script = (self.deploy / "roles.sh").read_text("utf-8")
        script = script.replace("/run/secrets", str(self.secrets)).replace("/run/surveyor", str(self.deploy))
        path = f"{self.postgres.binaries()}:{os.environ['PATH']}"
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self.postgres.port), "PATH": path}
        subprocess.run(["sh", "-c", script], env=where, check=True, capture_output=True)
        redis.Redis(port=self.valkey.port).config_set("requirepass", self.secret("redis_password"))
        for name, there, here in (
            ("database_url", "@postgres/", f"@127.0.0.1:{self.postgres.port}/"),
            ("owner_database_url", "@postgres/", f"@127.0.0.1:{self.postgres.port}/"),
            ("redis_url", "@valkey:6379/", f"@127.0.0.1:{self.valkey.port}/"),
        ):
            said = self.secret(name)
            assert there in said
            (self.secrets / name).write_text(said.replace(there, here))

    def environment(self, service: str) -> dict[str, str]:
        """What a container of this service has: its env_file, its environment, its secrets."""
        words = (DEPLOY / "surveyor.env.example").read_text("utf-8").splitlines()
        found = dict(line.split("=", 1) for line in words if "=" in line and not line.startswith("#"))
        found |= compose()["services"][service]["environment"]
        found = {name: value.replace("/run/secrets", str(self.secrets)) for name, value in found.items()}
        found |= {"SURVEYOR_HOME": str(self.folder / "home"), "PATH": os.environ["PATH"]}
        return found

    def _words(self, service: str) -> list[str]:
        words = compose()["services"][service]["command"]
        return [sys.executable, "-m", "surveyor", *(str(self.port) if word == "8000" else word for word in words)]

    def run(self, *words: str, service: str = "web") -> str:
        """A command inside a container, to its end."""
        command = [sys.executable, "-m", "surveyor", *words] if words else self._words(service)
        env = self.environment(service)
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{service} {words}: {done.stdout[-500:]}{done.stderr[-1500:]}"
        return done.stdout

    def start(self, service: str) -> None:
        """A service that goes on."""
        with (self.folder / f"{service}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(self._words(service), cwd=ROOT, env=self.environment(service), stdout=log, stderr=log)
            )

    def healthy(self) -> bool:
        """The health check of compose.yaml, on our port."""
        test = compose()["services"]["web"]["healthcheck"]["test"]
        words = [sys.executable, *(word.replace(":8000", f":{self.port}") for word in test[2:])]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def stop(self) -> None:
        """Everything, as `docker compose down` would."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)
        self.valkey.remove()
        self.postgres.remove()


@contextmanager
def deployed(folder: Path) -> Iterator[tuple[Machine, SmtpServer]]:
    with SmtpServer() as smtp:
        machine = Machine(folder, smtp)
        try:
            machine.servers()
            yield machine, smtp
        finally:
            machine.stop()


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.slow
def test_what_compose_starts_takes_an_order_and_sends_an_email(tmp_path: Path) -> None:
    """Under the roles of the database that it deploys: the application has no DDL, and needs none."""
    with deployed(tmp_path) as (machine, smtp):
        machine.run(service="migrate")
        for service in RUNNING:
            machine.start(service)
        wait_for(machine.healthy, seconds=60, what="web")
        machine.run("users", "add", "you@example.fr", "--role", "admin")
        machine.run("users", "link", "you@example.fr", "--send")
        wait_for(lambda: bool(smtp.taken), seconds=60, what="the invitation of the first admin")
        assert smtp.taken[0].recipient == "you@example.fr"
        assert f"https://{HOST}/" in smtp.taken[0].content.decode()
        order = {
            "event_id": "e1",
            "type": "order.completed",
            "order_id": "o1",
            "customer_id": "c1",
            "email": "ana@example.fr",
            "ordered_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
            "store_id": "lille",
        }
        client = redis.Redis(port=machine.valkey.port, password=machine.secret("redis_password"))
        client.xadd("surveyor:orders", {"data": json.dumps(order)})
        explained = ["explain", "c1", "--json"]
        wait_for(lambda: bool(client.xinfo_groups("surveyor:orders")), seconds=60, what="the group of the consumer")
        wait_for(
            lambda: (
                client.xpending("surveyor:orders", "surveyor")["pending"] == 0
                and client.xinfo_groups("surveyor:orders")[0]["entries-read"] == 1
            ),
            seconds=60,
            what="the order of the stream",
        )
        assert '"o1"' in machine.run(*explained)
        assert machine.run("check")

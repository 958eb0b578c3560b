"""The embedded set-up imports nothing that only production needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION_ONLY = {"redis", "rq", "psycopg", "psycopg_pool", "sendgrid", "python_http_client"}


def loaded_after(script: str, home: Path) -> set[str]:
    """The top modules that a script leaves in sys.modules."""
    whole = f"{script}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    run = [sys.executable, "-c", whole]
    environ = {"PATH": "/usr/bin:/bin", "SURVEYOR_HOME": str(home)}
    done = subprocess.run(run, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_checking_a_text_of_rules_needs_neither_database_nor_web(tmp_path: Path) -> None:
    script = "from surveyor.cli import main; assert main(['rules', 'check', 'rules.toml']) == 0"
    heavy = PRODUCTION_ONLY | {"flask", "sqlalchemy", "alembic", "rich", "werkzeug", "mrml", "msgspec", "cryptography"}
    assert not loaded_after(script, tmp_path) & heavy
    assert not list(tmp_path.iterdir()), "nothing is made on the way"


@pytest.mark.parametrize(
    "script",
    [
        "from surveyor.app import build_services, create_app\n"
        "from surveyor.settings import Settings\n"
        "import os\n"
        "create_app(build_services(Settings.read(os.environ)))",
        "from surveyor.cli import main; assert main(['db', 'upgrade']) == 0",
    ],
)
def test_the_embedded_start_loads_nothing_of_production(script: str, tmp_path: Path) -> None:
    assert not loaded_after(script, tmp_path) & PRODUCTION_ONLY


def test_the_whole_embedded_set_up_starts_without_what_it_does_not_show(tmp_path: Path) -> None:
    """What `surveyor up` imports before it forks: no console library, no XML, no migrations, no pictures."""
    script = (
        "import surveyor.cli.processes, surveyor.supervisor.embedded as up\n"
        "up._import_tables()\nup._import_everything()"
    )
    assert not loaded_after(script, tmp_path) & {*PRODUCTION_ONLY, "rich", "xml", "segno", "alembic", "mrml"}


def test_what_the_preparing_process_needs_is_imported_once_for_all(tmp_path: Path) -> None:
    """Before the first fork: the tables with their mappers, so that no process maps them for itself."""
    script = (
        "import surveyor.cli.processes, surveyor.supervisor.embedded as up\nup._import_tables()\n"
        "from surveyor.db.base import Base\n"
        "assert Base.registry.mappers and all(one.configured for one in Base.registry.mappers)"
    )
    assert not loaded_after(script, tmp_path) & {*PRODUCTION_ONLY, "mrml"}

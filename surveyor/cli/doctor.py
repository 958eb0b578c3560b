"""`surveyor doctor`: what is missing or unsafe on this machine before an order is lost to it; it changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from surveyor.cli import say
from surveyor.cli.installation import settings
from surveyor.errors import SurveyorError
from surveyor.settings import KEYS_FILE, Settings
from surveyor.settings.transport import unprotected

LINK_AT_MOST = 58  # of the whole List-Unsubscribe URL: a longer one is folded, and some mailboxes then ignore it
TOKEN_AND_PATH = 25  # "/u/" and 22 characters
ROOM_MB = 500
SILENT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """level: ok, warn or fail; what was found; what to do about it, "" when nothing."""

    what: str
    level: str
    found: str
    advice: str = ""


@click.command("doctor")
@say.json_option
def doctor(as_json: bool) -> int:
    """Say what is missing or unsafe; status 1 when something fails."""
    found = settings()
    findings = [finding for look in LOOKS for finding in _safely(look, found)]
    failed = any(finding.level == "fail" for finding in findings)
    if as_json:
        say.as_json({"ok": not failed, "findings": findings})
    else:
        say.table([(f.level, f.what, f.found, f.advice) for f in findings])
    return 1 if failed else 0


Look = Callable[[Settings], Iterator[Finding]]


def _safely(look: Look, found: Settings) -> list[Finding]:
    """A check that fails itself is a finding, never a trace."""
    findings = []
    try:
        for finding in look(found):
            findings.append(finding)
    except SurveyorError as wrong:
        findings.append(Finding(look.__name__.strip("_"), "fail", str(wrong)))
    except Exception as wrong:
        name = look.__name__.strip("_")
        findings.append(Finding(name, "fail", type(wrong).__name__, "see the settings of this part"))
    return findings


def _settings(found: Settings) -> Iterator[Finding]:
    for name, meant in found.unknown.items():
        yield Finding("settings", "warn", f"{name} means nothing", f"did you mean {meant}?" if meant else "remove it")
    length = len(found.base_url) + TOKEN_AND_PATH
    if length > LINK_AT_MOST:
        yield Finding("links", "warn", f"unsubscribe links have {length} characters", "a host of 25 or fewer is safer")
    yield from (Finding("transport", "warn", sentence) for sentence in unprotected(found))
    yield Finding("settings", "ok", found.env)


def _home(found: Settings) -> Iterator[Finding]:
    if not os.access(found.home if found.home.exists() else found.home.parent, os.W_OK):
        yield Finding("home", "fail", f"{found.home} cannot be written", "set SURVEYOR_HOME or its rights")
        return
    keys = found.home / KEYS_FILE
    if keys.exists() and keys.stat().st_mode & 0o077:
        yield Finding("secrets", "fail", f"{keys} can be read by others", "chmod 600")
    free = shutil.disk_usage(found.home if found.home.exists() else found.home.parent).free // 1_000_000
    level, advice = ("ok", "") if free > ROOM_MB else ("warn", "make room")
    yield Finding("home", level, f"{found.home}, {free} MB free", advice)


def _database(found: Settings) -> Iterator[Finding]:
    from surveyor.db import health, migrations
    from surveyor.db.engine import (
        durability_problems,
        durability_warnings,
        make_engine,
        make_sessions,
        sqlite_module,
        wal_is_safe,
    )

    if found.database_url.startswith("sqlite"):
        if not Path(found.database_url.partition(":///")[2]).exists():
            yield Finding("database", "warn", "not made yet", "surveyor up, or surveyor db upgrade")
            return
        version = sqlite_module().sqlite_version
        safe = wal_is_safe(tuple(int(part) for part in version.split(".")))
        note = "" if safe else "this library can corrupt a WAL: a slower journal is used; install pysqlite3"
        yield Finding("sqlite", "ok" if safe else "warn", version, note)
    engine = make_engine(found.database_url)
    try:
        with make_sessions(engine)() as session:
            health.answers(session)
        yield Finding("database", "ok", engine.dialect.name)
        problems = [*migrations.check(engine), *durability_problems(engine)]
        yield from (Finding("database", "fail", problem) for problem in problems)
        yield from (Finding("database", "warn", weak, "set it to on") for weak in durability_warnings(engine))
        if not problems:
            yield from _clock(make_sessions(engine))
    except Exception as wrong:
        if not health.is_away(wrong):
            raise
        yield Finding("database", "fail", "it does not answer", "see SURVEYOR_DATABASE_URL")
    finally:
        engine.dispose()


def _clock(sessions: Any) -> Iterator[Finding]:
    from surveyor.cli.installation import now
    from surveyor.db import health

    with sessions() as session:
        beat, sending = health.heartbeat(session), health.sending(session)
    if beat is None:
        yield Finding("clock", "warn", "has never beaten here", "start surveyor clock, or surveyor up")
    else:
        silent = (now() - beat).total_seconds()
        well = silent <= SILENT_SECONDS
        yield Finding("clock", "ok" if well else "warn", f"last beat {silent:.0f} s ago", "" if well else "start it")
    if sending == "held":
        yield Finding("sending", "warn", "held", "surveyor release-sends shows why and what would go out")


def _redis(found: Settings) -> Iterator[Finding]:
    if not found.redis_url:
        yield Finding("redis", "ok", "none: workers look in the database")
        return
    import redis

    from surveyor.jobs.redis_policy import policy_of

    try:
        with redis.Redis.from_url(found.redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
            version = client.info("server")
            policy = policy_of(client) or "?"
    except redis.RedisError as wrong:
        yield Finding("redis", "fail", type(wrong).__name__, "see SURVEYOR_REDIS_URL")
        return
    name = version.get("valkey_version") or version.get("redis_version", "?")
    yield Finding("redis", "ok", str(name))
    if policy != "noeviction":
        yield Finding(
            "redis", "fail", f"maxmemory-policy {policy}", "set noeviction: a full Redis must refuse, not forget"
        )


def _mail(found: Settings) -> Iterator[Finding]:
    from surveyor.cli.installation import now
    from surveyor.mail.providers import provider_from_url

    secrets = {
        "SENDGRID_API_KEY": found.sendgrid_api_key,
        "SENDGRID_WEBHOOK_KEYS": ",".join(found.sendgrid_webhook_keys),
    }
    provider = provider_from_url(found.mail_url, now=now, secrets=secrets)
    yield Finding("mail", "ok", provider.name)
    if provider.name == "sendgrid" and not found.sendgrid_webhook_keys:
        yield Finding("mail", "warn", "no SENDGRID_WEBHOOK_KEYS", "without them its events are refused (403)")
    provider.close()


def _extras(_found: Settings) -> Iterator[Finding]:
    from importlib.util import find_spec

    there = find_spec("vl_convert") is not None
    yield Finding(
        "charts", "ok", "installed" if there else "not installed: pip install 'surveyor[charts]' draws images"
    )


LOOKS: tuple[Look, ...] = (_settings, _home, _database, _redis, _mail, _extras)

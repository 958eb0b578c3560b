"""Settings.read(environ): every name once, with its default and parser; the only reader of the environment."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from surveyor.errors import SettingsError
from surveyor.settings import values
from surveyor.settings.values import Network, Wrong

Value = TypeVar("Value")


@dataclass(frozen=True)
class Settings:
    """One installation. Paths are absolute; URLs are as given; `secret_keys` is newest first, empty until `with_keys`.

    `origin` says for each name whether it came from the environment, a file or the default; `unknown` lists
    SURVEYOR_* variables that mean nothing here, with the name they resemble.
    """

    home: Path
    database_url: str = field(repr=False)
    read_database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    orders_stream: str
    kafka_url: str = field(repr=False)
    mail_url: str = field(repr=False)
    bounces_url: str = field(repr=False)
    replies_url: str = field(repr=False)
    sendgrid_api_key: str = field(repr=False)
    sendgrid_webhook_keys: tuple[str, ...] = field(repr=False)
    base_url: str
    allowed_hosts: tuple[str, ...]
    secret_keys: tuple[bytes, ...] = field(repr=False)
    trusted_proxies: int
    metrics_networks: tuple[Network, ...]
    webhook_hosts: tuple[str, ...]
    webhook_networks: tuple[Network, ...]
    webhook_ports: tuple[int, ...]
    sender: str = field(repr=False)
    time_zone: str
    language: str
    approval: bool
    volume_times: float
    env: str
    fault_plan: str
    allow_time_travel: bool
    origin: Mapping[str, str] = field(repr=False, default_factory=dict)
    unknown: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def production(self) -> bool:
        """Whether the strict gates are on."""
        return self.env == "production"

    @property
    def embedded(self) -> bool:
        """Whether this is the one-machine set-up: no Redis, the worker polls the database."""
        return not self.production

    @property
    def signs_in_by_link(self) -> bool:
        """Whether a link printed on the host may sign somebody in: embedded, and for a loopback address (S5)."""
        return self.embedded and values.is_loopback(self.base_url)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in `environ`. SettingsError names everything that is wrong, with what was expected."""
        return _Reading(environ).settings()


#: setting -> field, in the order in which they are shown.
NAMES = {
    "SURVEYOR_ENV": "env",
    "SURVEYOR_HOME": "home",
    "SURVEYOR_DATABASE_URL": "database_url",
    "SURVEYOR_READ_DATABASE_URL": "read_database_url",
    "SURVEYOR_REDIS_URL": "redis_url",
    "SURVEYOR_ORDERS_STREAM": "orders_stream",
    "SURVEYOR_KAFKA_URL": "kafka_url",
    "SURVEYOR_MAIL_URL": "mail_url",
    "SURVEYOR_BOUNCES_URL": "bounces_url",
    "SURVEYOR_REPLIES_URL": "replies_url",
    "SENDGRID_API_KEY": "sendgrid_api_key",
    "SENDGRID_WEBHOOK_KEYS": "sendgrid_webhook_keys",
    "SURVEYOR_BASE_URL": "base_url",
    "SURVEYOR_ALLOWED_HOSTS": "allowed_hosts",
    "SURVEYOR_SECRET_KEYS": "secret_keys",
    "SURVEYOR_TRUSTED_PROXIES": "trusted_proxies",
    "SURVEYOR_METRICS_NETWORKS": "metrics_networks",
    "SURVEYOR_WEBHOOK_HOSTS": "webhook_hosts",
    "SURVEYOR_WEBHOOK_NETWORKS": "webhook_networks",
    "SURVEYOR_WEBHOOK_PORTS": "webhook_ports",
    "SURVEYOR_FROM": "sender",
    "SURVEYOR_TIME_ZONE": "time_zone",
    "SURVEYOR_LANGUAGE": "language",
    "SURVEYOR_APPROVAL": "approval",
    "SURVEYOR_VOLUME_TIMES": "volume_times",
    "SURVEYOR_FAULT_PLAN": "fault_plan",
    "SURVEYOR_ALLOW_TIME_TRAVEL": "allow_time_travel",
}


class _Reading:
    """One pass over an environment that collects what is wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.wrong: list[str] = []
        self.origin: dict[str, str] = {}

    def text(self, name: str) -> str:
        """The value of NAME or of the file NAME_FILE, "" when neither is set."""
        value, file = self.environ.get(name, ""), self.environ.get(f"{name}_FILE", "")
        if value and file:
            self.wrong.append(f"{name} and {name}_FILE are both set: keep one")
        if value or not file:
            self.origin[name] = "environment" if value else "default"
            return value
        self.origin[name] = "file"
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.wrong.append(f"{name}_FILE: the file cannot be read")
            return ""

    def get(self, name: str, parse: Callable[[str], Value], default: str) -> Value:
        """The parsed value; what is wrong is written down and the default goes on in its place."""
        try:
            return parse(self.text(name) or default)
        except Wrong as wrong:
            self.wrong.append(f"{name}: expected {wrong}")
            return parse(default)

    def settings(self) -> Settings:
        """All of them, or a SettingsError with every complaint."""
        home = self.get("SURVEYOR_HOME", lambda value: Path(value).absolute(), "var")
        database = self.get("SURVEYOR_DATABASE_URL", values.database_url, f"sqlite:///{home}/surveyor.db")
        base = self.get("SURVEYOR_BASE_URL", values.base_url, "http://127.0.0.1:8000")
        settings = Settings(
            home=home,
            database_url=database,
            read_database_url=self.get("SURVEYOR_READ_DATABASE_URL", values.database_url, database),
            redis_url=self.get("SURVEYOR_REDIS_URL", values.redis_url, ""),
            orders_stream=self.get("SURVEYOR_ORDERS_STREAM", values.name, "surveyor:orders"),
            kafka_url=self.get("SURVEYOR_KAFKA_URL", values.kafka_url, ""),
            mail_url=self.get("SURVEYOR_MAIL_URL", values.any_url, f"outbox://{home}/outbox"),
            bounces_url=self.get("SURVEYOR_BOUNCES_URL", values.mailbox_url, ""),
            replies_url=self.get("SURVEYOR_REPLIES_URL", values.mailbox_url, ""),
            sendgrid_api_key=self.get("SENDGRID_API_KEY", str, ""),
            sendgrid_webhook_keys=self.get("SENDGRID_WEBHOOK_KEYS", values.words, ""),
            base_url=base,
            allowed_hosts=self.get("SURVEYOR_ALLOWED_HOSTS", values.words, ""),
            secret_keys=self.get("SURVEYOR_SECRET_KEYS", lambda value: values.secret_keys(value) if value else (), ""),
            trusted_proxies=self.get("SURVEYOR_TRUSTED_PROXIES", lambda value: values.whole(value, most=10), "0"),
            metrics_networks=self.get("SURVEYOR_METRICS_NETWORKS", values.networks, ""),
            webhook_hosts=self.get("SURVEYOR_WEBHOOK_HOSTS", values.hosts, ""),
            webhook_networks=self.get("SURVEYOR_WEBHOOK_NETWORKS", values.networks, ""),
            webhook_ports=self.get("SURVEYOR_WEBHOOK_PORTS", values.ports, ""),
            sender=self.get("SURVEYOR_FROM", values.sender, "surveyor@localhost"),
            time_zone=self.get("SURVEYOR_TIME_ZONE", values.zone, "Europe/Paris"),
            language=self.get("SURVEYOR_LANGUAGE", lambda value: values.one_of(value, "fr", "en"), "fr"),
            env=self.get("SURVEYOR_ENV", lambda value: values.one_of(value, "embedded", "production"), "embedded"),
            approval=self.get("SURVEYOR_APPROVAL", values.switch, "0"),
            volume_times=self.get("SURVEYOR_VOLUME_TIMES", values.times, "3"),
            fault_plan=self.get("SURVEYOR_FAULT_PLAN", str, ""),
            allow_time_travel=self.get("SURVEYOR_ALLOW_TIME_TRAVEL", values.switch, "0"),
            origin=self.origin,
            unknown=_unknown(self.environ),
        )
        wrong = self.wrong + (_production_gates(settings) if settings.production else [])
        if wrong:
            raise SettingsError("\n".join(wrong))
        return settings


def _production_gates(settings: Settings) -> list[str]:
    """What production refuses to start with, each named. Redis's `noeviction` is asked of Redis itself
    (jobs/redis_policy.py)."""
    gates = {
        "SURVEYOR_SECRET_KEYS: production needs secrets of its own: comma-separated base64 of 32 random bytes, "
        "newest first": not settings.secret_keys and settings.origin["SURVEYOR_SECRET_KEYS"] == "default",  # noqa: S105
        "SURVEYOR_SECRET_KEYS: one is a sample or a repeated value: draw 32 random bytes": any(
            values.is_sample(key) for key in settings.secret_keys
        ),
        "SURVEYOR_BASE_URL: production needs https://HOST": not settings.base_url.startswith("https://"),
        "SURVEYOR_DATABASE_URL: production needs PostgreSQL: postgresql+psycopg://USER:PASSWORD@HOST/DATABASE": (
            not settings.database_url.startswith("postgresql")
        ),
        "SURVEYOR_REDIS_URL: production needs Redis or Valkey: redis://HOST:PORT/N": not settings.redis_url,
        "SURVEYOR_FAULT_PLAN: is for tests; production refuses it: leave it empty": bool(settings.fault_plan),
        "SURVEYOR_ALLOW_TIME_TRAVEL: production refuses it: leave it at 0": settings.allow_time_travel,
    }
    return [sentence for sentence, broken in gates.items() if broken]


def _unknown(environ: Mapping[str, str]) -> dict[str, str]:
    """SURVEYOR_* variables that no setting has, each with the name it resembles or ""."""
    strangers = [name for name in environ if name.startswith("SURVEYOR_") and name.removesuffix("_FILE") not in NAMES]
    return {name: next(iter(difflib.get_close_matches(name, NAMES, 1)), "") for name in sorted(strangers)}

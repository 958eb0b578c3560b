"""Whether Redis, which brings orders in and wakes workers, refuses when it is full instead of forgetting."""

from __future__ import annotations

from typing import Any

import structlog

from surveyor.errors import SettingsError
from surveyor.settings import Settings

log = structlog.get_logger("surveyor.redis")
WANTED = "noeviction"
WAIT_SECONDS = 2.0


def refuse_eviction(settings: Settings) -> None:
    """Stop the start of a production process when Redis answers and may evict; one that is away stops nothing.

    Raises:
        SettingsError: its maxmemory-policy is another than noeviction: a full Redis would drop orders in silence.
    """
    if not settings.production or not settings.redis_url:
        return
    from redis import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(settings.redis_url, socket_timeout=WAIT_SECONDS, socket_connect_timeout=WAIT_SECONDS)
    try:
        client.ping()
        policy = policy_of(client)
    except (RedisError, OSError) as away:
        log.warning("redis_away", error=type(away).__name__)
        return
    finally:
        client.close()
    if not policy:
        log.warning("redis_policy_unknown", wanted=WANTED)
    elif policy != WANTED:
        raise SettingsError(
            f"SURVEYOR_REDIS_URL: expected maxmemory-policy {WANTED}, this Redis has {policy}: full, it would forget "
            f"orders (CONFIG SET maxmemory-policy {WANTED}, and in its configuration file)"
        )


def policy_of(client: Any) -> str:
    """The policy of a Redis: INFO says it to users who may not read the configuration; "" when neither may be asked."""
    from redis.exceptions import ResponseError

    found: Any = ""
    for ask in (_by_info, _by_configuration):
        try:
            found = found or ask(client)
        except ResponseError:
            continue
    return str(found or "")


def _by_info(client: Any) -> Any:
    return client.info("memory").get("maxmemory_policy")


def _by_configuration(client: Any) -> Any:
    return client.config_get("maxmemory-policy").get("maxmemory-policy")

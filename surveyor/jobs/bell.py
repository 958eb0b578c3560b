"""The doorbell of the mail workers: a job without data that means "look in the database", at most four at a time."""

from __future__ import annotations

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from surveyor.faults import fault
from surveyor.jobs.plain_job import PlainJob

QUEUE = "mail"
MOST_RINGS = 4
#: No request and no tick waits longer for Redis.
WAIT_SECONDS = 0.2


def connect(url: str, *, seconds: float = WAIT_SECONDS) -> Any:
    """A client whose calls are limited to `seconds`; nothing is sent before the first call."""
    never = Retry(NoBackoff(), 0)  # whoever calls has other work, and asks again later
    return Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=never)


def mail_queue(client: Any) -> Queue:
    """The one queue of mail workers."""
    return Queue(QUEUE, connection=client, serializer=JSONSerializer, job_class=PlainJob)


class Bell:
    """Rings; a Redis that is away, full or mute costs latency and nothing else."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._queue = mail_queue(client)

    def __call__(self) -> bool:
        """Ring once more unless four rings wait; False when nothing was rung."""
        try:
            if self._client.llen(self._queue.key) >= MOST_RINGS:
                return False
            self._queue.enqueue("surveyor.jobs.tasks.ring", job_timeout=60, result_ttl=60, failure_ttl=3600)
        except (RedisError, OSError):
            return False
        fault("relay.rang")
        return True

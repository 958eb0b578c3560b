"""RQ's worker, reduced to what a doorbell needs: no fork, no commands from Redis, no wait for a Redis that is gone."""

from __future__ import annotations

from typing import Any

from redis.exceptions import ConnectionError as Gone
from redis.exceptions import TimeoutError as Mute
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from surveyor.jobs.bell import mail_queue
from surveyor.jobs.plain_job import PlainJob

MOST_JOBS = 4


class DoorbellWorker(SimpleWorker):
    """Takes the bells that wait, then leaves; signals belong to the process around it."""

    def _install_signal_handlers(self) -> None:
        """Ours are installed already."""

    def subscribe(self) -> None:
        """Commands through Redis are nobody's here."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:
        """The next bell, None when there is none; a Redis that is gone ends the loop, the caller then polls."""
        try:
            return self.queue_class.dequeue_any(
                self._ordered_queues,
                None,
                connection=self.connection,
                job_class=self.job_class,
                serializer=self.serializer,
                death_penalty_class=self.death_penalty_class,
            )
        except (Gone, Mute) as error:
            raise StopRequested from error


def bells(client: Any) -> int:
    """How many bells wait."""
    return int(client.llen(mail_queue(client).key))


def answer_bells(client: Any) -> bool:
    """Run the bells that wait, at most four; whether there was one."""
    worker = DoorbellWorker(
        [mail_queue(client)],
        connection=client,
        job_class=PlainJob,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    return bool(worker.work(burst=True, max_jobs=MOST_JOBS, logging_level="WARNING"))

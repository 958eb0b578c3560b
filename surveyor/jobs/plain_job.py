"""A job that Redis cannot turn into code: its name is on the list or it is refused, before anything is imported."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from rq.job import Job

from surveyor.jobs.tasks import EVERY, REFUSED, TASKS

MOST_BYTES = 4096
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
#: What a job of ours never has: callbacks, webhooks, retries, repeats, limits.
_NEVER = (
    *("success_callback_name", "failure_callback_name", "stopped_callback_name", "webhooks"),
    *("retries_left", "retry_intervals", "repeats_left", "repeat_intervals", "rate_limit_key"),
    *("rate_limit_concurrency", "dependency_ids", "dependency_id", "result", "meta"),
)
_REFUSED_DATA = json.dumps([REFUSED, None, [], {}]).encode()


class PlainJob(Job):
    """RQ's job without its power to name code."""

    @property
    def func(self) -> Any:
        """The function of the list that the job names."""
        return EVERY.get(str(self.func_name), EVERY[REFUSED])

    def restore(self, raw_data: Any) -> Any:
        """Take from Redis what a job of ours has, and nothing more."""
        plain = {_text(key): value for key, value in dict(raw_data).items()}
        kept = {key: value for key, value in plain.items() if key not in _NEVER}
        kept["data"] = checked(plain.get("data"))
        return super().restore({key.encode(): value for key, value in kept.items()})


def checked(data: Any) -> bytes:
    """The job's data when it names a task of ours with ids alone, else the data of a refusal."""
    try:
        unpacked = zlib.decompressobj()
        said = unpacked.decompress(bytes(data), MOST_BYTES + 1)
        name, instance, arguments, named = json.loads(said) if len(said) <= MOST_BYTES else (None, None, [], {})
        ids = all(isinstance(one, str) and _ID.fullmatch(one) for one in arguments)
    except (TypeError, ValueError, zlib.error):
        return _REFUSED_DATA
    if name not in TASKS or instance is not None or named != {} or not isinstance(arguments, list) or not ids:
        return _REFUSED_DATA
    return said


def _text(key: Any) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)

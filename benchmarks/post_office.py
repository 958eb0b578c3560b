"""django-post_office as one would use it in place of our line: its template, its queue, its sender; an extra."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from benchmarks import links


def missing() -> bool:
    """Whether the packages of the extra `bench` are not there."""
    return find_spec("django") is None or find_spec("post_office") is None


def make(url: str, smtp_port: int) -> Callable[[int], int]:
    """Set it up on an empty PostgreSQL database; what queues and sends so many emails, and says how many were sent."""
    import django
    from django.conf import settings

    where = urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": where.hostname,
                "PORT": where.port,
                "USER": where.username,
                "PASSWORD": where.password or "",
                "NAME": where.path.strip("/"),
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=smtp_port,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        SECRET_KEY="of the benchmark",
        LOGGING_CONFIG=None,
    )
    django.setup()
    logging.getLogger("post_office").setLevel(logging.WARNING)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return _sender()


def _sender() -> Callable[[int], int]:
    from post_office import mail
    from post_office.models import STATUS, Email, EmailTemplate

    published: Any = links.published()
    template = EmailTemplate.objects.create(
        name="invitation",
        subject=published.subject.replace("|date", ""),
        content=published.text.replace("|date", ""),
        html_content=published.html.replace("|date", ""),
    )

    def work(many: int) -> int:
        Email.objects.all().delete()
        for number in range(many):
            values = links.values(number)
            mail.send(
                f"c{number}@bench.example",
                links.SENDER,
                template=template,
                context=values,
                headers=links.headers(values),
                priority="medium",
            )
        while Email.objects.exclude(status=STATUS.sent).exists():
            if mail.send_queued(processes=1)[1]:
                break
        return int(Email.objects.filter(status=STATUS.sent).count())

    return work

"""How long an email takes to render when every value is at its longest: asked before it is published (S20)."""

from __future__ import annotations

import time

from surveyor.core.templates import fields
from surveyor.errors import Complaint
from surveyor.mail.build import MAX_VALUE
from surveyor.mail.plan import MissingValue
from surveyor.mail.published import PublishedEmail

#: CPU seconds of one email's three parts.
RENDER_SECONDS = 0.1
_TRIES = 3


def too_slow(template: PublishedEmail, *, at_most: float = RENDER_SECONDS) -> Complaint | None:
    """A complaint when every field at its longest, each character to be escaped, takes longer than `at_most`.

    The language has no loop and a bounded number of elements, so that this is the worst of all customers. The best of
    three tries counts: a machine that is busy makes no text slow.
    """
    taken = min(_render(template, number) for number in range(_TRIES))
    if taken <= at_most:
        return None
    took, most = f"{taken * 1000:.0f} ms", f"{at_most * 1000:.0f}"
    fr = f"Ce texte met {took} à composer un e-mail, {most} au plus. Retirez des variables."
    en = f"This text takes {took} to make an email, at most {most}. Take variables out."
    return Complaint("body.mjml", "template_too_large", fr, en)


def _render(template: PublishedEmail, number: int) -> float:
    heavy = (f"{number}" + "<é&" * MAX_VALUE)[:MAX_VALUE]
    values = {group: dict.fromkeys(names, heavy) for group, names in fields(template.kind).items()}
    for names in values.values():
        names.update({name: "2026-11-20" for name in names if name in ("date", "expires")})
    plans = (template.subject_plan, template.text_plan, template.html_plan)  # compiled outside of the clock
    began = time.thread_time()
    for plan in plans:
        try:
            plan.render(values)
        except MissingValue:
            continue
    return time.thread_time() - began

"""Forms as they arrive from customers and staff: sizes first, then declared fields, each once, none other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Form

from surveyor.core.quoting import shown
from surveyor.errors import Complaint, Refused
from surveyor.web.errors import Stop

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MAX_FIELDS = 100
STAFF_BYTES = 256 * 1024
#: What a page that takes a file reads at most; what of it is too large for its kind is then said in its own words.
UPLOAD_BYTES = 2 * 1024 * 1024
#: Pages of links, whose forms customers fill in.
CUSTOMERS = ("/s/", "/u/", "/f/")
Fields = list[tuple[str, str]]
View = TypeVar("View", bound=Callable[..., Any])


def read_fields(*, limit: int = STAFF_BYTES, too_large: str = "body_too_large", multipart: bool = False) -> Fields:
    """Name and value of every field in the order received. Raises Stop: 413, 415, or 400 when it is not UTF-8.

    Raises Refused (422) for a NUL, which no text of PostgreSQL can hold; customers' words are cleaned, not refused.
    """
    kinds = (URLENCODED, MULTIPART) if multipart else (URLENCODED,)
    if request.mimetype not in kinds or request.headers.get("Content-Encoding", "identity") != "identity":
        given = shown(request.mimetype or "-")
        raise Stop("media_type_unsupported", 415, given=given)
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Stop("media_type_unsupported", 415, given=shown(request.content_type or "-"))
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise Stop(too_large, 413, limit=limit // 1024)
    if request.mimetype == MULTIPART:
        request.max_form_parts = MAX_FIELDS
        return _without_nul(list(request.form.items(multi=True)))
    return _without_nul(parse_fields(request.get_data(cache=True)))


def _without_nul(fields: Fields) -> Fields:
    held = (
        [] if request.path.startswith(CUSTOMERS) else [name for name, value in fields if "\0" in name or "\0" in value]
    )
    if held:
        raise Refused([_nul(shown(name)) for name in held])
    return fields


def _nul(said: str) -> Complaint:
    fr = f"{said} contient un caractère de contrôle (U+0000). Retirez-le."
    en = f"{said} contains a control character (U+0000). Remove it."
    return Complaint(said, "text_control_character", fr, en)


def parse_fields(raw: bytes) -> Fields:
    """The fields of an urlencoded body. Raises Stop for more than 100 of them or bytes that are not UTF-8."""
    if raw.count(b"&") >= MAX_FIELDS:
        raise Stop("too_many_fields", 413)
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Stop("bad_request", 400) from None
    return pairs


def takes_file(view: View) -> View:
    """The form of this page carries a file: multipart, up to `UPLOAD_BYTES`."""
    return takes_file_of(UPLOAD_BYTES)(view)


def takes_file_of(most: int) -> Callable[[View], View]:
    """The form of this page carries a file: multipart, up to so many bytes in all."""

    def mark(view: View) -> View:
        view.takes_file = most  # type: ignore[attr-defined]
        return view

    return mark


def uploaded(name: str, *, limit: int) -> bytes:
    """The content of the one file of a form, at most `limit` + 1 bytes of it; its name and its type say nothing."""
    files = request.files.getlist(name)
    raw = files[0].stream.read(limit + 1) if len(files) == 1 else b""
    for file in files:
        file.close()
    return raw


class StaffForm(FlaskForm):  # type: ignore[misc]
    """A form of the screens. The forgery check stands before every page (security/forgery.py), not here.

    `complaints()` gives everything that is wrong, unknown and repeated fields first.
    """

    class Meta(Form.Meta):  # type: ignore[misc]
        """Our own forgery check and our own texts."""

        csrf = False

    #: Fields that belong to the page and not to the form.
    CONTROL: ClassVar[frozenset[str]] = frozenset({"csrf_token", "lang"})

    @classmethod
    def posted(cls, **data: Any) -> StaffForm:
        """The form filled with what was posted."""
        fields = read_fields()
        form = cls(MultiDict(fields), **data)
        form.received = fields
        return form

    received: Fields = []  # noqa: RUF012 - replaced, never changed

    def complaints(self) -> list[Complaint]:
        """What is wrong with what was posted; empty when it may be used."""
        wrong = [_unknown(name) for name, _ in self.received if name not in self._fields and name not in self.CONTROL]
        times = Counter(name for name, _ in self.received)
        many = {field.name for field in self if getattr(field, "several", False)}
        wrong += [_repeated(name) for name, n in times.items() if n > 1 and name not in many]
        if self.validate():
            return wrong
        return wrong + [error for errors in self.errors.values() for error in errors if isinstance(error, Complaint)]


def declared(fields: Fields, names: Collection[str] = ()) -> dict[str, str]:
    """The fields by name. Raises Refused for one that is not of `names` or of the page, and for one given twice."""
    wrong = [_unknown(name) for name, _ in fields if name not in names and name not in StaffForm.CONTROL]
    wrong += [_repeated(name) for name, times in Counter(name for name, _ in fields).items() if times > 1]
    if wrong:
        raise Refused(wrong)
    return dict(fields)


class Button(StaffForm):
    """A form without a field of its own."""


def press() -> None:
    """A button was pressed: it says nothing but that. Raises Refused for any field but those of the page (S27)."""
    wrong = Button.posted().complaints()
    if wrong:
        raise Refused(wrong)


def _unknown(name: str) -> Complaint:
    said = shown(name)
    return Complaint(
        said, "field_unknown", f"{said} n'existe pas dans ce formulaire.", f"{said} does not exist in this form."
    )


def _repeated(name: str) -> Complaint:
    said = shown(name)
    return Complaint(
        said,
        "field_repeated",
        f"{said} est donné plusieurs fois. Donnez-le une seule fois.",
        f"{said} is given several times. Give it once.",
    )

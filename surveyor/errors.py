"""Every error raised on purpose, from order to indicator; each names its thing, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


class SurveyorError(Exception):
    """Base of the tree. `code` is the stable word that the API, the receipt and the forms print."""

    code = "error"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with an input: where it is, its stable code, and a sentence in each language.

    where: JSON pointer, form field, `?parameter`, `line:column` or `file:line`.
    """

    where: str
    code: str
    message_fr: str
    message_en: str

    def message(self, language: str) -> str:
        """The sentence in `language` ("fr" or anything else for English)."""
        return self.message_fr if language == "fr" else self.message_en


class Refused(SurveyorError):
    """An input that was read and cannot be taken: one or several complaints, and the HTTP status that says so."""

    def __init__(self, complaints: list[Complaint], *, status: int = 422, code: str | None = None) -> None:
        self.complaints = complaints
        self.status = status
        self.code = code or (complaints[0].code if complaints else "refused")
        super().__init__("; ".join(c.message_en for c in complaints))


class SettingsError(SurveyorError):
    """A setting that stops the start: named, with what was expected."""

    code = "settings_invalid"


class RulesConflict(SurveyorError):
    """Somebody published since the draft was made; nothing was changed."""

    code = "rules_version_conflict"


class NotAllowed(SurveyorError):
    """The person may see the object but not do this to it."""

    code = "not_allowed"


class NotFound(SurveyorError):
    """No such object, or one outside the reader's scope: the two are never told apart."""

    code = "not_found"


class ReplayDiffers(SurveyorError):
    """Two ways to live the same orders disagree: a defect. Nothing is shown, because neither can be believed."""

    code = "replay_differs"


class MadeAlready(SurveyorError):
    """What a form or a request asks for was made by the same one before: pressed twice, or sent again."""

    code = "made_already"

    def __init__(self, id: str) -> None:
        self.id = id
        super().__init__(f"{id} was made before by the same request")


class NotForReader(SurveyorError):
    """A report whose reader may not, or does not want to, get it any more. `reason`: a word of core/reasons."""

    code = "not_for_reader"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)

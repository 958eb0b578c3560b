"""What is wrong with a text of rules, said in two languages with its exact line: a text with an error never decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem (rules.md, 3). level: "error" or "warning"; line: from 1, None when the text has no positions.

    `rule` is the rule's id, `rule[2]` when the id is missing or wrong, None outside the rules.
    """

    level: str
    code: str
    where: str
    line: int | None
    rule: str | None
    key: str | None
    message_en: str
    message_fr: str
    suggestion: str | None = None

    def message(self, language: str) -> str:
        """The sentence in `language`: "fr", or anything else for English."""
        return self.message_fr if language == "fr" else self.message_en

    def to_json(self, language: str = "en") -> dict[str, object]:
        """The object that `rules check --json` prints in its list."""
        return {
            "level": self.level,
            "code": self.code,
            "where": self.where,
            "line": self.line,
            "rule": self.rule,
            "key": self.key,
            "message": self.message(language),
            "suggestion": self.suggestion,
        }

    def as_line(self, file: str, language: str = "en") -> str:
        """One line for a terminal: `rules.toml:12: error unknown_key: drive.dealy_days (12:1): unknown key.`"""
        place = file if self.line is None else f"{file}:{self.line}"
        return f"{place}: {self.level} {self.code}: {self.message(language)}"

"""What changes between two versions of a survey, in words: questions that go, come, move or are asked otherwise."""

from __future__ import annotations

from surveyor.core.quoting import french
from surveyor.core.surveys.plain import to_plain
from surveyor.core.surveys.survey import Question, Survey

_NAMES = {
    "label": ("question", "question"),
    "required": ("obligatoire", "required"),
    "low": ("bas de l'échelle", "low end"),
    "high": ("haut de l'échelle", "high end"),
    "choices": ("réponses proposées", "answers offered"),
    "theme": ("thème", "theme"),
    "max_length": ("longueur", "length"),
    "by_score": ("question selon la note", "question by the score"),
    "kind": ("sorte", "kind"),
    "scale": ("échelle", "scale"),
    "direction": ("sens de l'échelle", "direction of the scale"),
}


def changes(a: Survey, b: Survey, language: str) -> list[str]:
    """From `a` to `b`, a line for each change: "q_wait : thème changé"; empty: the same."""
    fr = language == "fr"
    lines = []
    if a.name != b.name:
        lines.append(f"{'nom' if fr else 'name'}{' :' if fr else ':'} {a.name.say(language)} → {b.name.say(language)}")
    for old in a.questions:
        new = b.question(old.id)
        if new is None:
            lines.append(_line(old.id, "retirée" if fr else "removed", fr))
        else:
            lines += _changed(old, new, language)
    for new in b.questions:
        if a.question(new.id) is None:
            said = f"ajoutée, « {new.label.say(language)} »" if fr else f'added, "{new.label.say(language)}"'
            lines.append(_line(new.id, said, fr))
    kept = [[q.id for q in one.questions if a.question(q.id) and b.question(q.id)] for one in (a, b)]
    if kept[0] != kept[1]:
        lines.append(("ordre : " if fr else "order: ") + ", ".join(q.id for q in b.questions))
    return [french(line) for line in lines] if fr else lines


def _changed(old: Question, new: Question, language: str) -> list[str]:
    fr = language == "fr"
    if old.label != new.label and old.label.say(language) != new.label.say(language):
        said = f"« {old.label.say(language)} » → « {new.label.say(language)} »"
        lines = [_line(old.id, said if fr else said.replace("« ", '"').replace(" »", '"'), fr)]
    else:
        lines = []
    differ = [name for name in _NAMES if getattr(old, name) != getattr(new, name) and not (name == "label" and lines)]
    for name in differ:
        words = _NAMES[name][0 if fr else 1]
        lines.append(_line(old.id, f"{words} : changé" if fr else f"{words}: changed", fr))
    return lines


def _line(name: str, said: str, fr: bool) -> str:
    return f"{name} : {said}" if fr else f"{name}: {said}"


def as_text(survey: Survey) -> str:
    """A survey as lines of text, for a difference line by line."""
    plain = to_plain(survey)
    lines = [f"name.{tongue} = {text}" for tongue, text in plain["name"].items()]
    for question in plain["questions"]:
        lines += ["", f"[{question['id']}]"]
        lines += [
            f"{key} = {value}" for key, value in question.items() if key != "id" and value not in (None, [], False)
        ]
    return "\n".join(lines) + "\n"

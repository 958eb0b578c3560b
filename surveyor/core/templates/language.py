"""The allow-listed language of emails: a parser's tree is walked, and only what is on the list goes through.

The tree is Jinja's, but Jinja is not imported here: nodes are known by the names of their classes, so that a node of a
later version is refused until somebody allows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from surveyor.core.templates.words import complaint
from surveyor.errors import Complaint

MAX_NODES, MAX_DEPTH, MAX_IFS, MAX_FILTERS, MAX_TEXT, MAX_NUMBER = 2_000, 40, 10, 5, 500, 500
_PLAIN_FILTERS = frozenset({"upper", "lower", "title", "date", "number"})
_ALLOWED = frozenset("Template Output TemplateData If Const Not And Or Test Getattr Name Filter".split())
_CONSTRUCTS: dict[str, tuple[str, str]] = {
    "Getitem": ("les crochets [ ]", "brackets [ ]"),
    "Call": ("un appel ( )", "a call ( )"),
    "CallBlock": ("un appel ( )", "a call ( )"),
    "For": ("une boucle for", "a for loop"),
    "Include": ("include", "include"),
    "Import": ("import", "import"),
    "FromImport": ("import", "import"),
    "Extends": ("extends", "extends"),
    "Block": ("block", "block"),
    "Macro": ("macro", "macro"),
    "With": ("with", "with"),
    "Assign": ("set", "set"),
    "AssignBlock": ("set", "set"),
    "FilterBlock": ("un filtre en bloc", "a block filter"),
    "CondExpr": ("une condition dans une variable", "a condition inside a variable"),
    "Concat": ("~", "~"),
    "List": ("une liste", "a list"),
    "Tuple": ("une liste", "a list"),
    "Dict": ("un dictionnaire", "a dictionary"),
}
_SUMS = {
    "Mul": "*",
    "Add": "+",
    "Sub": "-",
    "Div": "/",
    "FloorDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "Neg": "-",
    "Pos": "+",
}
_COMPARED = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "lteq": "<=", "gteq": ">=", "in": "in", "notin": "not in"}


@dataclass(slots=True)
class Walk:
    """One reading of a tree: the complaints found, and what stands outside of any condition."""

    part: str
    known: Mapping[str, tuple[str, ...]]
    complaints: list[Complaint] = field(default_factory=list)
    always: set[str] = field(default_factory=set)
    literal: list[str] = field(default_factory=list)
    nodes: int = 0

    def read(self, node: Any, depth: int = 0, ifs: int = 0) -> None:
        """Walk `node`; stops at the first node that is refused, so that a fault is named once."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            return
        name = type(node).__name__
        ifs += name == "If"
        if depth > MAX_DEPTH or ifs > MAX_IFS:
            limit = MAX_DEPTH if depth > MAX_DEPTH else MAX_IFS
            self._say(node, "deep", what=limit)
        elif name not in _ALLOWED:
            self._refuse(node, name)
        elif name == "TemplateData":
            if not ifs:
                self.literal.append(node.data)
        elif getattr(self, f"_{name.lower()}", self._inside)(node, ifs):
            for child in node.iter_child_nodes():
                self.read(child, depth + 1, ifs)

    def _say(self, node: Any, word: str, **about: Any) -> None:
        self.complaints.append(complaint((self.part, getattr(node, "lineno", 1) or 1), word, **about))

    def _inside(self, node: Any, ifs: int) -> bool:
        return True

    def _refuse(self, node: Any, name: str) -> None:
        if name in _SUMS:
            french, english = f"un calcul ({_SUMS[name]})", f"arithmetic ({_SUMS[name]})"
        elif name == "Compare":
            sign = _COMPARED.get(node.ops[0].op, "?") if node.ops else "?"
            french, english = f"une comparaison ({sign})", f"a comparison ({sign})"
        else:
            french, english = _CONSTRUCTS.get(name, (name, name))
        self._say(node, "construct", what=french, what_en=english)

    def _name(self, node: Any, ifs: int) -> bool:
        """A name reached on its own: never a text, or it would print a whole object."""
        if node.name in self.known:
            self._say(node, "bare", what=node.name, known=f"{node.name}.{self.known[node.name][0]}")
        else:
            self._say(node, "unknown_name", what=node.name, known=", ".join(sorted(self.known)))
        return False

    def _getattr(self, node: Any, ifs: int) -> bool:
        owner = node.node
        if type(owner).__name__ == "Getattr" and type(owner.node).__name__ == "Name":
            self._say(node, "chain", what=node.attr, known=f"{owner.node.name}.{owner.attr}")
        elif type(owner).__name__ != "Name":
            self._say(node, "unknown_field", what=node.attr, known=self._fields("customer"))
        elif owner.name not in self.known:
            self._say(node, "unknown_name", what=owner.name, known=", ".join(sorted(self.known)))
        elif node.attr not in self.known[owner.name] or owner.ctx != "load":
            self._say(node, "unknown_field", what=f"{owner.name}.{node.attr}", known=self._fields(owner.name))
        elif not ifs:
            self.always.add(f"{owner.name}.{node.attr}")
        return False

    def _fields(self, group: str) -> str:
        group = group if group in self.known else min(self.known)
        return ", ".join(f"{group}.{name}" for name in self.known[group])

    def _const(self, node: Any, ifs: int) -> bool:
        value = node.value
        text = isinstance(value, str) and len(value) <= MAX_TEXT
        number = type(value) is int and 0 <= value <= MAX_NUMBER
        if not text and not number:
            self._say(node, "constant", what=value)
        return False

    def _test(self, node: Any, ifs: int) -> bool:
        bare = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        if node.name != "defined" or not bare or type(node.node).__name__ != "Getattr":
            self._say(node, "test", what=node.name)
            return False
        return True

    def _filter(self, node: Any, ifs: int) -> bool:
        if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs or _chain(node) > MAX_FILTERS:
            self._say(node, "filter", what=node.name)
            return False
        values = [argument.value for argument in node.args if type(argument).__name__ == "Const"]
        if len(values) == len(node.args) and _arguments_fit(node.name, values):
            return True
        if node.name == "truncate" and len(values) == 1 and type(values[0]) is int:
            self._say(node, "constant", what=values[0])
        else:
            self._say(node, "filter", what=node.name)
        return False


def _chain(node: Any) -> int:
    return sum(1 for _ in _filters(node))


def _filters(node: Any) -> Iterator[Any]:
    while type(node).__name__ == "Filter":
        yield node
        node = node.node


def _arguments_fit(name: str, values: list[object]) -> bool:
    if name in _PLAIN_FILTERS:
        return not values
    if name == "default":
        return len(values) == 1 and isinstance(values[0], str)
    if name == "truncate" and len(values) == 1:
        limit = values[0]
        return type(limit) is int and 1 <= limit <= MAX_TEXT
    return False

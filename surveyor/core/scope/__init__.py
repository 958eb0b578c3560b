"""Who may see what, in front of every figure and every list: scopes (which stores) and roles (which nouns)."""

from surveyor.core.periods import Period
from surveyor.core.scope.roles import ROLES, Access, Action, Noun, Role, may
from surveyor.core.scope.scopes import KINDS, NETWORK, Reach, Scope, covers, intersect, narrow, simplify

__all__ = [
    "KINDS",
    "NETWORK",
    "ROLES",
    "Access",
    "Action",
    "Noun",
    "Period",
    "Reach",
    "Role",
    "Scope",
    "covers",
    "intersect",
    "may",
    "narrow",
    "simplify",
]

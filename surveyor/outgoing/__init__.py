"""The edge that tells other systems of the line: one resolved, checked address, one request, no redirect."""

from surveyor.outgoing.post import Answer, Post
from surveyor.outgoing.resolve import Resolve, check, resolve

__all__ = ["Answer", "Post", "Resolve", "check", "resolve"]

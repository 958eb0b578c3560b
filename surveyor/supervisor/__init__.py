"""Keeps the processes of an installation alive and stops them in order, so that the line neither halts nor tears."""

from surveyor.supervisor.children import Child, Supervisor
from surveyor.supervisor.lock import hold
from surveyor.supervisor.serve import listen, serve

__all__ = ["Child", "Supervisor", "hold", "listen", "serve"]

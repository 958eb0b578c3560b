"""A group of commands that imports a command when it is called, so that each one starts as fast as what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """`commands_at`: name -> ("module:object", one line of help)."""

    def __init__(
        self, *arguments: Any, commands_at: Mapping[str, tuple[str, str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.commands_at = dict(commands_at or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as `--help` lists them."""
        return sorted({*super().list_commands(ctx), *self.commands_at})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command asked for."""
        if cmd_name not in self.commands_at:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.commands_at[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `--help`, without importing anything."""
        own = [(name, self.commands[name].get_short_help_str()) for name in self.commands]
        rows = sorted([*own, *((name, text) for name, (_, text) in self.commands_at.items())])
        with formatter.section("Commands"):
            formatter.write_dl(rows)

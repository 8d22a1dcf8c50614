"""A command with its page of help: the options that people need first, all of them under --help-all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

from gdcli.cli.settled import settle
from gdcli.data.sources import joined_names, names_in
from gdcli.render.help.about import about
from gdcli.render.help.names import with_names
from gdcli.render.help.options import Described, sections, title_of
from gdcli.render.usage import refuse_values

WHOLE = "gdcli.help-all"


class Command(TyperCommand):
    """A command whose options have groups."""

    titles: Mapping[str, str]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words of the command line, and settings for what they leave open."""
        words = [*args]  # the parser takes them away
        rest = super().parse_args(ctx, args)
        refuse_values(words, self.params, names_in(ctx.params.get("source") or ""))
        settle(ctx)
        return rest

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, examples, options."""
        arguments = [one.get_help_record(ctx) for one in self.params if one.param_type_name == "argument"]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        name = ctx.command_path.partition(" ")[2] or ctx.info_name
        for section in sections(list(self.described(ctx)), about(name), ctx.meta.get(WHOLE, False)):
            with formatter.section(section.title):
                if section.rows:
                    formatter.write_dl(section.rows)
                formatter.write("".join(f"  {line}\n" for line in section.lines))

    def described(self, ctx: Any) -> Iterator[Described]:
        """The options in words."""
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is not None and one.param_type_name == "option":
                longs = [word for word in one.opts if word.startswith("--")]
                yield Described(longs[0].removeprefix("--"), *record, title_of(self.titles.get(one.name or "", "")))


def finished(command: Command, titles: Mapping[str, str]) -> Command:
    """A command with the names that are known by now in its help, and the options that every command has."""
    command.titles = titles
    for parameter in command.params:
        parameter.help = with_names(getattr(parameter, "help", None) or "")  # type: ignore[attr-defined]  # arguments have one too
        if parameter.name == "source":  # DATA: several files are one table
            parameter.nargs, parameter.callback = -1, _joined
    command.params += [_plugin(), _help_all()]
    return command


def _joined(context: Any, parameter: Any, names: Sequence[str]) -> str | None:  # noqa: ARG001 - typer's signature
    return joined_names(names) if names else None


def _plugin() -> TyperOption:
    """`--plugin`, for help and completion: its values are taken off the command line before that is parsed."""
    return TyperOption(
        param_decls=["--plugin"],
        help="Load definitions from a file; may be repeated. See docs/plugins.md.",
        metavar="FILE.py",
        multiple=True,
        expose_value=False,
        show_default=False,
    )


def _help_all() -> TyperOption:
    return TyperOption(
        param_decls=["--help-all"],
        help="Explain every option, by groups, and exit.",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_all,
        show_default=False,
    )


def _show_all(context: typer.Context, parameter: Any, asked: bool) -> None:  # noqa: ARG001 - typer's signature
    if asked and not context.resilient_parsing:
        context.meta[WHOLE] = True
        typer.echo(context.get_help())
        raise typer.Exit

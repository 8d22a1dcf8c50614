"""The table of commands: a command's module is imported when the command is asked for, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from gdcli import __version__
from gdcli.cli.typer_internals import CompletionItem

COMMANDS = {
    "show": "Look at data without training: columns, ranges, gaps, pictures, the split.",
    "fit": "Fit a line, several inputs or a polynomial by gradient descent.",
    "mse": "Print the mean squared error of a line or of predictions.",
    "rmse": "Print the root mean squared error of a line or of predictions.",
    "score": "Score a line or predictions row by row: MSE, RMSE, MAE, R2.",
    "step": "Take one step of gradient descent and show all its arithmetic.",
    "limit": "Compute the largest stable learning rate of this data, and the best.",
    "lr-find": "Find a learning rate by the range test.",
    "surface": "Draw the loss over two parameters, with the path of descent.",
    "sweep": "Compare many runs: every option may be a list or a range.",
    "live": "Step, run, rewind and race descent live, by keys, on the screen.",
    "activation": "Draw activation functions and their derivatives.",
    "train": "Train a network for classification or regression.",
    "evaluate": "Measure a saved model on rows with known answers.",
    "predict": "Add a saved model's prediction to each row.",
    "collapse": "Show an all-linear network as the one layer that it is.",
    "sample": "List the sample data sets and toy generators, or print one.",
}
"""Each command's name and its line in `gdcli --help`."""

ABOUT = "Gradient-descent experiments from a terminal: fit, score and step a model, and see why it works."
EXAMPLES = """\
Start with:  gdcli fit                                    the lecture's example
             gdcli step --lr 2                            one step, and why it overshoots
             gdcli fit sample:bmi --standardize           real data
             gdcli sample                                 what else there is
"""


class Commands(TyperGroup):
    """A group that knows its commands by name and help line, and imports one only to run it."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        """The command itself, from its module."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """The table's own lines, so that `--help` imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[CompletionItem]:
        """The table's own names and lines, so that completing one imports no command; then the options."""
        known = [CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)]
        return [*known, *super(TyperGroup, self).shell_complete(ctx, incomplete)]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Where to start."""
        formatter.write("\n" + EXAMPLES)


def load(name: str) -> TyperCommand:
    """Imports a command's module and makes its typer command, with the names that are known by now in its help."""
    from gdcli.cli.grouping import grouped  # not needed for the list of commands
    from gdcli.cli.named_help import with_names

    module = import_module(f"gdcli.cli.commands.{name.replace('-', '_')}")
    if hasattr(module, "group"):  # a command of several
        return cast("TyperCommand", module.group(name))
    function = grouped(module.command)  # now: a plug-in may have brought options
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name=name, context_settings={"help_option_names": ["-h", "--help"]})(function)
    command = cast("TyperCommand", get_command(app))
    for parameter in command.params:
        if isinstance(parameter, TyperOption | TyperArgument):
            parameter.help = with_names(parameter.help or "")
    command.params.append(_plugin())
    return command


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


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"gdcli {__version__}")
        raise typer.Exit


def program() -> TyperGroup:
    """The whole command line as one typer group."""
    app = typer.Typer(
        cls=Commands,
        help=ABOUT,
        rich_markup_mode=None,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def top(
        version: bool = typer.Option(
            False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ) -> None:
        """Options of the program itself."""

    return cast("TyperGroup", get_command(app))

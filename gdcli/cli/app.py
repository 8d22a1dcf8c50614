"""The table of commands: a command's module is imported when the command is asked for, not before."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from gdcli import __version__
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.cli.helping import Command

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
    "loss": "Draw losses and their gradients against the prediction.",
    "lesson": "Give the lecture chapter by chapter, each command run before your eyes, in English or Chinese.",
    "check": "Check your own formulas, function or predictions against the truth.",
    "explain": "Explain a term of the lecture in three sentences, with its formula and a command that shows it.",
    "quiz": "Ask questions made from real runs, and show the run that answers each.",
    "train": "Train a network for classification or regression.",
    "evaluate": "Measure a saved model on rows with known answers.",
    "predict": "Add a saved model's prediction to each row.",
    "collapse": "Show an all-linear network as the one layer that it is.",
    "help": "Show the help of the program, or of a command.",
    "config": "Show the settings in force, and where each comes from.",
    "completion": "Print the script that teaches a shell to complete.",
    "sample": "List the sample data sets and toy generators, or print one.",
}
"""Each command's name and its line in `gdcli --help`."""

ABOUT = "Gradient-descent experiments from a terminal: fit, score and step a model, and see why it works."
EXAMPLES = """\
Start with:  gdcli lesson 1                       the lecture, page by page
             gdcli fit                            the lecture's example
             gdcli step --lr 2                    one step that overshoots
             gdcli live                           the same, by keys
             gdcli fit sample:bmi --standardize   real data
             gdcli sample                         what else there is
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

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Where to start."""
        formatter.write("\n" + EXAMPLES)


def load(name: str) -> Command:
    """Imports a command's module and makes its typer command."""
    from gdcli.cli.grouping import grouped  # not needed for the list of commands
    from gdcli.cli.helping import Command, finished

    module = import_module(f"gdcli.cli.commands.{name.replace('-', '_')}")
    if hasattr(module, "group"):  # a command of several
        return cast("Command", module.group(name))
    function = grouped(module.command)  # now: a plug-in may have brought options
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name=name, cls=Command, context_settings={"help_option_names": ["-h", "--help"]})(function)
    return finished(cast("Command", get_command(app)), function.titles)  # type: ignore[attr-defined]  # `grouped` gave it


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"gdcli {__version__}")
        raise typer.Exit


def _install(context: typer.Context, shell: str | None) -> None:
    if shell is not None:
        from gdcli.render.completion.installing import install

        wrote = [say("wrote {save}", save=path) for path in install(shell, os.environ)]
        typer.echo("\n".join(map(context.obj.speak, [*wrote, say("start a new shell to use it")])))
        raise typer.Exit


def program() -> TyperGroup:
    """The whole command line as one typer group."""
    app = typer.Typer(
        cls=Commands,
        help=ABOUT,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def top(
        version: bool = typer.Option(
            False, "--version", "-V", callback=_version, is_eager=True, help="Print the version and exit."
        ),
        install: str | None = typer.Option(
            None,
            "--install-completion",
            callback=_install,
            metavar="bash|zsh|fish",
            help="Teach that shell to complete, and exit.",
            show_default=False,
        ),
    ) -> None:
        """Options of the program itself."""

    return cast("TyperGroup", get_command(app))

"""The one place where exceptions become a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import typer

from gdcli.cli.app import COMMANDS, load, program
from gdcli.cli.plugins import load_installed, taken
from gdcli.cli.settled import speaking
from gdcli.cli.terminal import Terminal
from gdcli.cli.typer_internals import ClickException, NoArgsIsHelpError
from gdcli.definitions.plugins import files, place_in_plugin, plugged
from gdcli.errors import INTERRUPTED, DataError, GdcliError, OptionError, did_you_mean, reason, unwrapped
from gdcli.render.usage import reworded
from gdcli.said import enumerated, say


def run(arguments: Sequence[str], terminal: Terminal | None = None) -> int:
    """Runs one command line and returns its exit code; whatever goes wrong is one line on stderr."""
    named, words = taken(arguments)
    terminal = speaking(terminal or Terminal.system(), words)
    with ExitStack() as stack:
        try:
            if words and words[0] in COMMANDS:
                load_installed(sys.path)
            stack.enter_context(plugged(named))
            with unwrapped():
                code = _invoke(words, terminal)
            terminal.flush()
        except KeyboardInterrupt:
            code = INTERRUPTED
            terminal.settle()
        except SystemExit as end:  # another signal's, completion's, or a plug-in's
            ended = end.code if isinstance(end.code, int) else 0
            code = _reported(end, terminal) if place_in_plugin(end) else ended
            terminal.settle()
        except BrokenPipeError:
            code = 0
            terminal.reader_has_gone()
        except Exception as error:  # noqa: BLE001 - the boundary: every failure ends here, as a line and a code
            if "--debug" in arguments:
                terminal.traceback()
            code = _reported(error, terminal)
    return code


def _reported(error: BaseException, terminal: Terminal) -> int:
    """Reports an error and gives its exit code; what was printed before it goes out too."""
    if isinstance(error, OSError):
        name = error.filename if isinstance(error.filename, str) else say("standard output")
        terminal.error(say("{name}: {reason}", name=name, reason=reason(error)))
        code = DataError.exit_code
    elif isinstance(error, MemoryError):
        terminal.error(
            say("there is not enough memory for this"),
            say("use fewer rows, a smaller model, or a smaller --batch-size"),
        )
        code = DataError.exit_code
    elif isinstance(error, GdcliError):
        terminal.error(error.message, error.hint)
        code = error.exit_code
    elif where := place_in_plugin(error) or enumerated(files()):  # what it gives may go wrong elsewhere
        terminal.error(
            say("{where}: {kind}: {error}", where=where, kind=type(error).__name__, error=error),
            say("mend the plug-in, or leave it out"),
        )
        code = DataError.exit_code
    else:
        terminal.error(
            say("a bug: {kind}: {error}", kind=type(error).__name__, error=error),
            say("please report it with the output of --debug"),
        )
        code = GdcliError.exit_code
    try:
        terminal.flush()
    except OSError:  # the first error is the one that was reported
        terminal.reader_has_gone()
    return code


def _invoke(arguments: list[str], terminal: Terminal) -> int:
    """Parses and runs; the command line's own errors get a hint and exit code 2."""
    group = program()
    try:
        with group.make_context("gdcli", arguments, obj=terminal) as context:
            group.invoke(context)
    except typer.Exit as end:
        return int(end.exit_code)
    except NoArgsIsHelpError as help_text:
        terminal.stdout.write(f"{help_text.format_message()}\n")
    except ClickException as error:
        message = error.format_message()
        words = [word for word in arguments if not word.startswith("-")]
        if words and words[0] not in COMMANDS and message.startswith("No such command"):
            message, hint = say("there is no command '{words}'", words=words[0]), did_you_mean(words[0], COMMANDS)
        else:
            message, hint = reworded(message, error)
        terminal.error(message, hint)
        return 2
    return 0


def context_of(command: str, words: Sequence[str]) -> Any:
    """The typer context of a command line that a sample or a recording holds.

    Raises:
        OptionError: If it is none.
    """
    try:
        return load(command).make_context(command, [word for word in words if word not in ("-h", "--help")])
    except (ClickException, typer.Exit) as error:
        raise OptionError(say("no command line of gdcli {command}: {error}", command=command, error=error)) from None

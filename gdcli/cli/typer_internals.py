"""The one door to Typer's private modules: its copy of Click has no public name (docs/decisions/0005)."""

from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError
from typer._click.types import STRING

__all__ = ["STRING", "ClickException", "NoArgsIsHelpError", "UsageError"]

"""Names that mean something to a shell, or to what it starts: `eval` must not set them from a column's name."""

import re

from gdcli.errors import OptionError
from gdcli.said import say

ZSH = """
argv cdpath fignore fpath histchars keymap mailpath manpath module_path path pipestatus prompt psvar signals
watch widgets zsh_eval_context zsh_scheduled_events aliases builtins commands dirstack functions galiases
funcstack functrace history historywords jobdirs jobstates jobtexts modules nameddirs options parameters
patchars reswords saliases terminfo termcap usergroups userdirs errnos sysparams mapfile langinfo epochtime
"""
"""Read-only in zsh, or tied to another variable, or of its modules."""
POSIX = """
BROWSER CDPATH COLUMNS COMP_WORDBREAKS DIRSTACK DISPLAY EDITOR ENV EPOCHSECONDS EUID EXECIGNORE FCEDIT FIGNORE
FPATH FUNCNAME FUNCNEST GID GLOBIGNORE GROUPS HISTCHARS HISTCMD HISTCONTROL HISTFILE HISTSIZE HOME HOSTNAME
HOSTTYPE IFS IGNOREEOF INPUTRC INSIDE_EMACS KEYBOARD_HACK KEYTIMEOUT LANG LANGUAGE LINENO LINES LISTMAX LOGNAME
MACHTYPE MAIL MAILCHECK MAILPATH MANPAGER MANPATH MATCH MBEGIN MEND NULLCMD OLDPWD OPTARG OPTERR OPTIND OSTYPE
PAGER PATH PIPESTATUS POSIXLY_CORRECT PPID PROMPT PROMPT2 PROMPT3 PROMPT4 PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4
PSVAR PWD RANDOM READNULLCMD REPLY RPROMPT RPS1 SAVEHIST SECONDS SHELL SHELLOPTS SHLVL SPROMPT SRANDOM STTY TEMP
TERM TERMINFO TIMEFMT TMOUT TMP TMPDIR TTY TTYIDLE TZ UID USER USERNAME VENDOR VISUAL WATCH WORDCHARS
auto_resume
"""
"""Of bash and of any shell, or of what it starts."""
SHELLS = frozenset(f"{ZSH} {POSIX}".split())
FAMILIES = re.compile(r"(?:BASH|COMP_|DYLD_|GCONV_|GIT_|LC_|LD_|PERL|PYTHON|RUBY|SSH_|ZDOTDIR|ZSH)")


def own_name(name: str, prefix: str = "") -> str:
    """A variable's name that a shell does not take for one of its own.

    >>> own_name("status"), own_name("epochs"), own_name("PATH"), own_name("PATH", "gd_")
    ('run_status', 'epochs', 'PATH_', 'gd_PATH')
    """
    name = prefix + ("run_status" if name == "status" else name)  # `status` is read-only in zsh
    return f"{name}_" if name in SHELLS or name == "_" or FAMILIES.match(name) else name


def check_prefix(prefix: str | None, form: str) -> None:
    """Refuses what cannot stand before the names of kv.

    Raises:
        OptionError: If it can be no part of a variable's name, or there are no variables.
    """
    if prefix is None:
        return
    if form.lower() != "kv":
        raise OptionError(say("--prefix goes with --format kv"), say("leave it out, or add --format kv"))
    if not (prefix.isascii() and prefix.isidentifier()):
        raise OptionError(
            say("--prefix: '{prefix}' cannot begin a variable's name", prefix=prefix), say("as in --prefix gd_")
        )

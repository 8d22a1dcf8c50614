"""The `rerun:` line of any command, cut by a real bash, does the same once more.

`python -m tests.reruns` draws 200 commands, and runs their lines in bash as they are.
"""

import os
from collections import Counter

import pytest
import reruns
from reruns import DRAWN, LEFT_OUT, POOL, SILENT
from test_byte_honest import words_by

from gdcli.cli.app import COMMANDS

SEED = 1


def test_every_command_and_option_is_drawn_or_left_out_with_a_reason():
    assert {name.split()[0] for name in DRAWN} | SILENT.keys() == COMMANDS.keys()
    known = {one.name for name in DRAWN for one in reruns.command(name).params if one.param_type_name == "option"}
    flags = {one.name for name in DRAWN for one in reruns.options(name) if one.is_flag}
    assert known - flags - LEFT_OUT.keys() == POOL.keys() & known
    assert not POOL.keys() & LEFT_OUT.keys()


@pytest.mark.parametrize("part", range(3))
def test_rerun_lines_of_commands_drawn_by_a_seed(part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reruns.fill(tmp_path)
    pairs = list(reruns.accepted(len(DRAWN), 10 * SEED + part, Counter()))
    assert [pair.drawn.name for pair in pairs] == DRAWN
    cut = words_by("bash", [pair.line for pair in pairs], tmp_path)
    for pair, words in zip(pairs, cut, strict=True):
        live = pair.drawn.name == "live"
        again = reruns.run_here(
            [*map(os.fsdecode, words), *["--format", "json"] * live], None if live else pair.drawn.piped
        )
        assert not reruns.differences(pair, again), (pair.drawn, pair.line)

"""The standing adversary, a few seconds of it: the kept inputs, and some hundred new ones, the same each time.

`python -m tests.fuzz N --seed S` runs as many as are wanted: see CONTRIBUTING.md.
"""

import os
import sys
from pathlib import Path

import pytest
from fuzz.case import Case
from fuzz.judge import violations
from fuzz.surfaces import act
from fuzz.trial import run

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="needs fork and memfd, as Linux has")
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))


@pytest.mark.quick
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_was_found_once_stays_mended(path, tmp_path):
    """Each of the corpus is an input that broke a promise; its `was` says which."""
    case = Case.loaded(path.read_text(encoding="utf-8"))
    assert case.was
    assert violations(case, run(case, tmp_path, act)) == []


def test_new_inputs_break_no_promise(process, tmp_path):
    """A bounded run; it exits 1 and names the input on a violation."""
    result = process.python("-m", "fuzz", "150", "--seed", "7", "--keep", str(tmp_path / "kept"), environ=FUZZ)
    assert result.code == 0, result.out + result.err
    assert "all data" in result.out


FUZZ = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
"""Where the adversary and the program under test are found."""

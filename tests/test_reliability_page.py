"""docs/reliability.md: the tests that it names are there."""

import re

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/\w+\.py)::(test_\w+)`", PAGE)


@pytest.mark.quick
def test_every_promise_is_held_by_tests_that_exist():
    assert len(NAMED) > 20
    for file, name in NAMED:
        assert re.search(rf"^\s*def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), (file, name)
    rows = [line for line in PAGE.partition("|---|---|\n")[2].partition("\n\n")[0].splitlines() if line]
    assert all("::test_" in row for row in rows)

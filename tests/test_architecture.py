"""The map and the decision records: what they name is there, and no folder is left off the map."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs/architecture.md",
    ROOT / "docs/plugins.md",
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]
FOLDERS = ("gdcli", "docs", "tests", "samples", "benchmarks", ".ci")
PATH = re.compile(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[^`\s]*|[\w-]+\.(?:toml|md))`")
LINK = re.compile(r"\]\(([^)#\s:]+)\)")


def paths(document):
    """The files and folders that a document names, from the project's root; and those it links to, from its own."""
    text = document.read_text(encoding="utf-8")
    named = {name: ROOT / name for name in PATH.findall(text)}
    return named | {name: document.parent / name for name in LINK.findall(text)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem[:20])
def test_every_path_exists(document):
    assert [name for name, path in paths(document).items() if not path.exists()] == []


def test_every_folder_and_root_module_of_the_package_is_on_the_map():
    named = set(paths(ROOT / "docs/architecture.md"))
    package = ROOT / "gdcli"
    folders = {f"{path.parent.relative_to(ROOT)}/" for path in package.rglob("*/__init__.py")} - {"gdcli/"}
    modules = {f"gdcli/{path.name}" for path in package.glob("*.py")}
    assert folders | modules <= named


def test_the_floors_on_the_map_are_those_that_are_tested():
    from test_layers import FLOORS

    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| ([^|]*) \|", text, re.MULTILINE)
    shown = {name: int(floor) for floor, cell in rows for name in re.findall(r"`gdcli/(\w+)", cell)}
    assert shown == {name: floor for name, floor in FLOORS.items() if name != "__main__"}


def test_every_record_is_in_the_list_of_records():
    folder = ROOT / "docs/decisions"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    assert {path.name for path in folder.glob("0*.md")} <= listed
    numbers = sorted(path.name[:4] for path in folder.glob("0*.md"))
    assert len(set(numbers)) == len(numbers)

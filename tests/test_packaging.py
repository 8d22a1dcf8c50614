"""The distribution: its name stands in pyproject.toml alone, and hints take it from the installed metadata."""

import sys
import tomllib
from pathlib import Path

import pytest

import gdcli
from gdcli.errors import install_hint

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Makes a distribution with that name and that `gdcli` command the only one there is."""

    def install(name, script):
        about = tmp_path / f"{name.replace('-', '_')}-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (about / "entry_points.txt").write_text(f"[console_scripts]\ngdcli = {script}\n")

    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return install


def test_a_hint_names_the_distribution_that_is_installed(installed):
    installed("some-fork", PROJECT["scripts"]["gdcli"])
    assert install_hint("web") == "pip install '.[web]' in a checkout of some-fork"


def test_a_hint_names_nobody_elses_distribution(installed):
    installed("another-tool", "another.tool:main")
    assert install_hint("dask") == "pip install '.[dask]' in a checkout of gdcli"


def test_no_code_writes_the_distributions_name_down():
    sources = Path(gdcli.__file__).parent.rglob("*.py")
    assert not [path for path in sources if PROJECT["name"] in path.read_text(encoding="utf-8")]


def test_each_extra_that_contains_another_names_this_distribution():
    extras = PROJECT["optional-dependencies"]
    contained = [one.split("[") for wanted in extras.values() for one in wanted if "[" in one]
    assert contained
    assert all(name == PROJECT["name"] and extra.rstrip("]") in extras for name, extra in contained)

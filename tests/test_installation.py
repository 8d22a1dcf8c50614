"""What is built: both distributions, and every command once in an empty environment, where no source tree is."""

import os
import re
import shutil
import subprocess
import tarfile
import tomllib
import venv
import zipfile

import pytest
from conftest import ROOT
from packaging.requirements import Requirement

from gdcli import __version__
from gdcli.cli.app import COMMANDS

RUNS = {
    "show": "show rows.csv",
    "fit": "fit rows.csv --epochs 2 --save line.safetensors",
    "mse": "mse rows.csv --m 2 --b 1",
    "rmse": "rmse rows.csv --m 2 --b 1",
    "score": "score rows.csv --m 2 --b 1",
    "step": "step rows.csv",
    "limit": "limit rows.csv",
    "lr-find": "lr-find fit rows.csv",
    "surface": "surface rows.csv --save bowl.svg",
    "sweep": "sweep fit rows.csv --lr 0.01,0.02 --epochs 2",
    "live": "live --plain",
    "activation": "activation relu --plot",
    "loss": "loss mse --plot",
    "train": "train sample:xor --activation linear --hidden 2 --epochs 1 --save m.safetensors --plot",
    "evaluate": "evaluate m.safetensors sample:xor",
    "predict": "predict m.safetensors sample:xor",
    "collapse": "collapse m.safetensors sample:xor",
    "help": "help fit",
    "config": "config show",
    "check": "check rows.csv --grad-m 2/n*sum(x*(y_hat-y))",
    "explain": "explain gradient",
    "lesson": "lesson rmse --plain",
    "quiz": "quiz step --reveal",
    "completion": "completion bash",
    "sample": "sample iris",
}
"""Each command once; `train` comes before those that need its model."""
UNWANTED = shutil.ignore_patterns(".git", ".venv", "venv", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")
STEERING = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "VIRTUAL_ENV", "PIP_CONSTRAINT")


class Environment:
    """An environment of its own, with nothing in it, and a folder that is no source tree.

    Args:
        home: Where both are made.
    """

    def __init__(self, home):
        self.prefix, self.folder = home / "venv", home / "folder"
        venv.create(self.prefix, with_pip=True, symlinks=os.name != "nt")
        self.folder.mkdir()
        kept = {name: value for name, value in os.environ.items() if name not in STEERING}
        self.environ = kept | {"HOME": str(home), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}

    def run(self, program, *words, typed=""):
        """Runs a program of the environment."""
        path = self.prefix / ("Scripts" if os.name == "nt" else "bin") / program
        done = {"capture_output": True, "text": True, "encoding": "utf-8", "check": False}
        return subprocess.run([path, *words], cwd=self.folder, env=self.environ, input=typed, **done)

    def python(self, *words):
        """Runs its Python, which must succeed; without the package index the test is skipped."""
        done = self.run("python", *words)
        if re.search(r"No matching distribution found for (hatchling|typer)", done.stderr):
            pytest.skip("no package index can be reached")
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A wheel from a copy of the tree, the source distribution, and a wheel from that."""
    home = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, home / "tree", ignore=UNWANTED, symlinks=True)
    builder = Environment(home)
    builder.python("-m", "pip", "install", "--quiet", "hatchling")
    for target, source in (("sdist", "tree"), ("wheel", "tree"), ("wheel", "unpacked")):
        if source == "unpacked":
            with tarfile.open(next((home / "tree").glob("*.tar.gz"))) as archive:
                archive.extractall(home / "unpacked", filter="data")
        [folder] = [home / "tree"] if source == "tree" else (home / "unpacked").iterdir()
        builder.python("-c", f"import os; os.chdir({str(folder)!r}); {BUILD.format(target, str(home / source))}")
    return next((home / "tree").glob("*.whl")), next((home / "unpacked").glob("*.whl"))


BUILD = "from hatchling.build import build_{} as build; build({!r})"


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """An environment with the wheel alone."""
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.python("-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", built[0])
    (environment.folder / "rows.csv").write_text("x,y\n1,3\n2,5\n3,7.5\n")
    return environment


def contents(wheel):
    """The files of a wheel, by name, but for the list that names them."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


@pytest.mark.long
def test_the_source_distribution_builds_the_same_wheel(built):
    one, other = map(contents, built)
    assert one == other
    assert {name.partition("/")[0].partition("-")[0] for name in one} == {"gdcli", "gdcli_lab"}
    assert any(name.endswith("share/man/man1/gdcli-fit.1") for name in one)
    assert "gdcli/samples/iris.csv" in one


@pytest.mark.quick
def test_every_command_has_its_run():
    assert RUNS.keys() == COMMANDS.keys()


@pytest.mark.long
def test_every_command_once(installed):
    assert installed.run("gdcli", "--version").stdout == f"gdcli {__version__}\n"
    for name, line in RUNS.items():
        done = installed.run("gdcli", *line.split(), typed="n\nq\n" if name == "live" else "")
        assert (done.returncode, done.stdout == "", "Traceback" in done.stderr) == (0, False, False), done.stderr
    assert (installed.prefix / "share" / "man" / "man1" / "gdcli-sweep.1").exists()
    where = "import gdcli, sys; assert gdcli.__file__.startswith(sys.prefix), gdcli.__file__; "
    told = installed.python("-c", where + "print(gdcli.fit('rows.csv', epochs=2).status)")
    assert told == "completed\n"
    assert installed.run("python", "-m", "gdcli", "sample").returncode == 0


@pytest.mark.long
def test_what_is_an_extra_is_named_where_it_is_missing(installed):
    refused = installed.run("gdcli", "live", "--web")
    assert refused.returncode == 2
    assert "textual-serve, which is not installed" in refused.stderr


@pytest.mark.quick
def test_constraints_fit_what_is_required():
    """Each requirement, of the extras too, has its version in constraints.txt, and accepts it."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    versions = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert list(versions) == sorted(versions, key=str.lower)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for text in (*project["dependencies"], *(one for name in extras if name != "bench" for one in extras[name])):
        wanted = Requirement(text)
        if wanted.name != project["name"]:
            assert wanted.specifier.contains(versions[wanted.name]), wanted

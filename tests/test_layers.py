"""The layers: who may import whom, what the core never touches, and that all that is public is documented."""

import ast
import importlib
import inspect
import sys
from functools import cache
from pathlib import Path

import pytest

import gdcli

pytestmark = pytest.mark.quick

HOME = Path(gdcli.__file__).parent
FILES = sorted(path for path in HOME.rglob("*.py") if "samples" not in path.parts)
FLOORS = {
    "errors": 0,
    "arrays": 0,
    "definitions": 0,
    "formatting": 0,
    "said": 0,
    "nn": 1,
    "optim": 1,
    "data": 1,
    "training": 2,
    "analysis": 3,
    "experiments": 4,
    "render": 5,
    "live": 6,
    "lessons": 4,
    "cli": 7,
    "__main__": 7,
}
"""DESIGN's layout; the package's own face stands outside it."""
THIRD_PARTY = {
    "nn": {"numpy", "threadpoolctl"},
    "data": {"numpy", "charset_normalizer", "polars", "fastexcel", "compression", "backports"},
    "experiments": {"numpy", "safetensors"},
    "render": {"numpy", "rich"},
    "live": {"numpy", "textual", "rich"},
    "cli": {"numpy", "typer", "rich"},
}
MOST_ROOT_ENTRIES = 18
MOST_LINES, MOST_COMMAND_LINES = 400, 4000


def room(path):
    """The folder, or root module, a file belongs to."""
    return path.relative_to(HOME).parts[0].removesuffix(".py")


def floor(path):
    """DESIGN's number of a file's room; -1 for the package's face, which everyone may import."""
    return -1 if path == HOME / "__init__.py" else FLOORS[room(path)]


CORE = [path for path in FILES if floor(path) in range(5)]
ENDINGS = HOME / "__main__.py", HOME / "cli" / "signals.py"
"""Where a process may end at once: when all is done, and on a signal."""
COMMAND_LINE = [path for path in FILES if floor(path) == 7]


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def type_checking(node):
    """Whether a statement is one for type checkers alone."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


@cache
def imports(path, at_the_top=False):
    """Every module a file imports, absolute: wherever the import stands, or only what runs when it is imported."""
    package = ["gdcli", *path.relative_to(HOME).parent.parts]
    nodes = ast.walk(tree(path))
    if at_the_top:
        nodes = [node for node in tree(path).body if not type_checking(node)]
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return found


def label(path):
    return str(path.relative_to(HOME))


@cache
def home_of(module):
    """The file of one of our modules; None for a name inside one."""
    path = HOME.parent.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.exists()), None)


@cache
def ours(path):
    """The files of this package that a file imports."""
    homes = (home_of(module) for module in imports(path) if module.split(".")[0] == "gdcli")
    return [home for home in homes if home is not None and home not in (path, HOME / "__init__.py")]


def circle(graph):
    """Some nodes that lead back to the first of them; empty where there are none."""
    done = set()

    def visit(node, way):
        if node in way:
            return way[way.index(node) :]
        if node in done:
            return []
        done.add(node)
        return next((found for other in sorted(graph.get(node, ())) if (found := visit(other, [*way, node]))), [])

    return next((found for node in sorted(graph) if (found := visit(node, []))), [])


def test_every_room_is_on_a_floor():
    assert {room(path) for path in FILES} - {"__init__"} == set(FLOORS)
    assert len([*HOME.glob("[!_]*"), *HOME.glob("__*__.py")]) <= MOST_ROOT_ENTRIES + (HOME / "samples").exists()


def test_imports_point_downwards():
    wrong = [
        f"{label(path)} imports {label(home)}" for path in FILES for home in ours(path) if floor(home) > floor(path)
    ]
    assert not [one for one in wrong if not one.startswith("__init__.py")]


def test_no_folders_import_each_other():
    graph = {}
    for path in FILES:
        graph.setdefault(room(path), set()).update(room(home) for home in ours(path))
    graph.pop("__init__")
    assert not circle({name: others - {name, "__init__"} for name, others in graph.items()})


def test_no_files_import_each_other():
    assert not circle({label(path): {label(home) for home in ours(path)} for path in FILES if floor(path) >= 0})


def test_a_commands_file_is_a_command():
    from gdcli.cli.app import COMMANDS

    names = {path.stem for path in (HOME / "cli" / "commands").glob("[!_]*.py")}
    assert names == {name.replace("-", "_") for name in COMMANDS}


def test_third_parties_by_room():
    for path in FILES:
        for module in imports(path):
            top = module.split(".")[0]
            if top != "gdcli" and top not in sys.stdlib_module_names:
                assert top in THIRD_PARTY.get(room(path), {"numpy"}), f"{label(path)} imports {module}"


def test_typers_private_modules_have_one_door():
    private = [label(path) for path in FILES if any(m.startswith(("typer._", "click")) for m in imports(path))]
    assert private == [str(Path("cli", "typer_internals.py"))]


def test_render_knows_no_loop():
    for path in FILES:
        if room(path) == "render":
            assert "gdcli.training.loop" not in imports(path), label(path)


def test_core_has_no_terminal_no_clock_and_no_global_chance():
    streams = ("sys.stdout", "sys.stderr", "sys.stdin", "sys.argv", "os.environ")
    allowed = ("np.random.default_rng", "np.random.Generator", "np.random.SeedSequence", "np.random.PCG64")
    for path in CORE:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute):
                chain = ast.unparse(node)
                assert chain not in streams, f"{label(path)}: {chain}"
                if chain.startswith("np.random."):
                    assert chain.startswith(allowed), f"{label(path)}: {chain}"
        clocks = {"time", "datetime", "random"} & {module.split(".")[0] for module in imports(path)}
        assert not clocks or path.parts[-2:] in CLOCKS, f"{label(path)}: {clocks}"


CLOCKS = {("sweep", "executors.py")}
"""Where a run has a time limit."""


def test_nobody_prints_or_exits():
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                name, where = ast.unparse(node.func), f"{label(path)}: line {node.lineno}"
                assert name not in ("print", "breakpoint", "exit", "quit"), where
                assert name != "os._exit" or path in ENDINGS, where
                assert name != "sys.exit" or path in COMMAND_LINE, where


def test_commands_catch_nothing_outside_the_boundary():
    """Narrow clauses that reword a parser's ValueError are the edge's own work; broad ones are the boundary's."""
    for path in COMMAND_LINE:
        for node in ast.walk(tree(path)) if path.name != "boundary.py" else ():
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None
                cleanup = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None  # tidies up, lets it pass
                assert cleanup or "Exception" not in ast.unparse(node.type), f"{label(path)}: line {node.lineno}"


def test_commands_hold_no_formulas():
    """No linear algebra and no statistics of arrays: those have a home in the core."""
    formulas = {"mean", "sum", "std", "var", "dot", "square", "sqrt", "exp", "log", "linalg", "polyfit", "gradient"}
    for path in COMMAND_LINE:
        for node in ast.walk(tree(path)):
            where = f"{label(path)}: line {getattr(node, 'lineno', 0)}"
            assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.MatMult), where
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np":
                assert node.attr not in formulas, f"{where}: np.{node.attr}"


def documented(path, owner, method):
    """Whether a method has a docstring, its own or that of what it overrides."""
    if ast.get_docstring(method):
        return True
    module = importlib.import_module(".".join(path.relative_to(HOME.parent).with_suffix("").parts))
    return bool(inspect.getdoc(inspect.getattr_static(getattr(module, owner), method.name))) or any(
        getattr(base, method.name, None) is not None and getattr(base, method.name).__doc__
        for base in getattr(module, owner).__mro__[1:]
    )


def test_public_things_are_documented():
    for path in FILES:
        module = tree(path)
        assert ast.get_docstring(module), label(path)
        for node in module.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            assert ast.get_docstring(node), f"{label(path)}: {node.name}"
            for inner in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                    assert documented(path, node.name, inner), f"{label(path)}: {node.name}.{inner.name}"


def test_everything_exported_exists_and_is_documented():
    assert gdcli.__all__
    for name in gdcli.__all__:
        thing = getattr(gdcli, name)
        if callable(thing):
            assert (thing.__doc__ or "").strip(), name


def test_long_files_say_why():
    for path in FILES:
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES:
            assert "The file is long because" in " ".join(ast.get_docstring(tree(path)).split()), label(path)


def test_the_command_line_stays_thin():
    lines = {label(path): len(path.read_text(encoding="utf-8").splitlines()) for path in (HOME / "cli").rglob("*.py")}
    assert sum(lines.values()) <= MOST_COMMAND_LINES, lines


def test_no_state_in_modules():
    """No mutable module-level lists, dicts or sets that are changed: `global` is the sign of it."""
    for path in FILES:
        assert not [node for node in ast.walk(tree(path)) if isinstance(node, ast.Global)], label(path)

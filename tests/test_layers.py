"""The layers of the design: who may import whom, what the core never touches, and that everything public is told."""

import ast
import importlib
import inspect
import sys
from pathlib import Path

import pytest

import gdcli

HOME = Path(gdcli.__file__).parent
FILES = sorted(path for path in HOME.rglob("*.py") if "samples" not in path.parts)
LEVELS = {
    "errors": 0,
    "arrays": 0,
    "records": 0,
    "losses": 1,
    "metrics": 1,
    "activations": 1,
    "optimizers": 1,
    "schedules": 1,
    "initializers": 1,
    "models": 1,
    "products": 1,
    "networks": 1,
    "shapes": 1,
    "data": 1,
    "render": 3,
    "live": 3,
    "cli": 4,
    "__main__": 4,
}
THIRD_PARTY = {
    0: {"numpy"},
    1: {"numpy", "threadpoolctl"},
    2: {"numpy", "safetensors"},
    3: {"numpy", "rich", "plotext"},
    4: {"numpy", "typer", "rich"},
}


def level(path):
    """0-2 the core (what the design does not name belongs to it), 3 what is seen, 4 the command line."""
    return LEVELS.get(path.relative_to(HOME).parts[0].removesuffix(".py"), 2)


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """Every module a file imports, absolute, wherever the import stands."""
    package = ["gdcli", *path.relative_to(HOME).parent.parts]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from [module, *(f"{module}.{alias.name}" for alias in node.names)]


def label(path):
    return str(path.relative_to(HOME))


def home_of(module):
    """The file of one of our modules; None for a name inside one."""
    path = HOME.parent.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.exists()), None)


@pytest.mark.parametrize("path", FILES, ids=label)
def test_imports_point_downwards(path):
    for module in imports(path):
        target = home_of(module) if module.split(".")[0] == "gdcli" else None
        if target is not None and target != HOME / "__init__.py":
            assert level(target) <= level(path), f"{label(path)} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=label)
def test_third_parties_by_layer(path):
    for module in imports(path):
        top = module.split(".")[0]
        if top != "gdcli" and top not in sys.stdlib_module_names:
            assert top in THIRD_PARTY[level(path)] | ({"textual"} if "live" in path.parts else set()), module


def test_plotext_has_one_adapter():
    users = [label(path) for path in FILES if any(m.split(".")[0] == "plotext" for m in imports(path))]
    assert len(users) == 1
    assert users[0].startswith("render")


@pytest.mark.parametrize("path", [path for path in FILES if level(path) == 3 and "render" in path.parts], ids=label)
def test_render_knows_records_alone(path):
    forbidden = {"gdcli.models", "gdcli.optimizers", "gdcli.training", "gdcli.cli"}
    assert not forbidden & set(imports(path))


@pytest.mark.parametrize("path", [path for path in FILES if level(path) <= 2], ids=label)
def test_core_has_no_terminal_no_clock_and_no_global_chance(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            chain = ast.unparse(node)
            assert chain not in ("sys.stdout", "sys.stderr", "sys.stdin", "sys.argv", "os.environ"), chain
            if chain.startswith("np.random."):
                allowed = ("np.random.default_rng", "np.random.Generator", "np.random.SeedSequence", "np.random.PCG64")
                assert chain.startswith(allowed), chain
    assert not {"time", "datetime", "random"} & {module.split(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", FILES, ids=label)
def test_nobody_prints_or_exits(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name not in ("print", "breakpoint", "exit", "quit", "os._exit"), f"line {node.lineno}"
            assert name != "sys.exit" or level(path) == 4, f"line {node.lineno}"


@pytest.mark.parametrize("path", [path for path in FILES if level(path) == 4], ids=label)
def test_commands_catch_nothing_outside_the_boundary(path):
    """Narrow clauses that reword a parser's ValueError are the edge's own work; broad ones are the boundary's."""
    if path.name == "boundary.py":
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None
            cleanup = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None  # tidies up and lets it pass
            assert cleanup or "Exception" not in ast.unparse(node.type), f"line {node.lineno}"


@pytest.mark.parametrize("path", [path for path in FILES if level(path) == 4], ids=label)
def test_commands_hold_no_formulas(path):
    """No linear algebra and no statistics of arrays: those have a home in the core."""
    formulas = {"mean", "sum", "std", "var", "dot", "square", "sqrt", "exp", "log", "linalg", "polyfit", "gradient"}
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.MatMult), f"line {node.lineno}"
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np":
            assert node.attr not in formulas, f"line {node.lineno}: np.{node.attr}"


def told(path, owner, method):
    """Whether a method has a docstring, its own or that of what it overrides."""
    if ast.get_docstring(method):
        return True
    module = importlib.import_module(".".join(path.relative_to(HOME.parent).with_suffix("").parts))
    return bool(inspect.getdoc(inspect.getattr_static(getattr(module, owner), method.name))) or any(
        getattr(base, method.name, None) is not None and getattr(base, method.name).__doc__
        for base in getattr(module, owner).__mro__[1:]
    )


@pytest.mark.parametrize("path", FILES, ids=label)
def test_public_things_are_told(path):
    module = tree(path)
    assert ast.get_docstring(module), "the module"
    for node in module.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        assert ast.get_docstring(node), node.name
        for inner in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                assert told(path, node.name, inner), f"{node.name}.{inner.name}"


def test_everything_exported_exists_and_is_told():
    assert gdcli.__all__
    for name in gdcli.__all__:
        thing = getattr(gdcli, name)
        if callable(thing):
            assert (thing.__doc__ or "").strip(), name


@pytest.mark.parametrize("path", FILES, ids=label)
def test_no_state_in_modules(path):
    """No mutable module-level lists, dicts or sets that are changed: `global` is the sign of it."""
    assert not [node for node in ast.walk(tree(path)) if isinstance(node, ast.Global)]

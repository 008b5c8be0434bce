"""The house rules: imports point down, parts are one file each, starting up is light."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from fer_cluster import catalog

HOME = Path(__file__).parent.parent / "fer_cluster"
MODULES = sorted(path for path in HOME.rglob("*.py"))
LEVELS = {
    0: "__init__ errors atomic blocks duplicates emotions faces splits metrics scoring catalog chain "
    "axes nuisances progress images thumbnails bins colours factors votes picture processor whole naming "
    "intervals inline manifold shipped written",
    1: "training",
    2: "datasets features steps clusterers projections baselines analysis plots loading",
    3: "runs run_folder parts record provenance audit embedding clustering classifying ensembles experiment "
    "comparing reusing voices making drawing tables typeset summary shown page visualizers",
    4: "report",
    5: "cli options questions __main__",
}
LEVEL = {name: level for level, names in LEVELS.items() for name in names.split()}
KINDS = set(catalog.KINDS)


def imports(path):
    """Yield (line, first name inside fer_cluster, second name) of every import of our own."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "fer_cluster" and len(parts) > 1:
                yield node.lineno, parts[1], parts[2] if len(parts) > 2 else ""


def room(path):
    return path.relative_to(HOME).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOME)))
def test_imports_point_down(path):
    mine = room(path)
    assert mine in LEVEL, f"{mine} has no level; add it to LEVELS"
    for line, other, _ in imports(path):
        if other in LEVEL:
            assert LEVEL[other] <= LEVEL[mine], f"{path.name}:{line} imports {other}, which is above {mine}"


def dotted(path):
    return ".".join(path.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__")


def test_no_import_goes_round():
    """Not even one within a function: a module is understood by itself and what is below it."""
    names = {dotted(path) for path in MODULES}
    graph = {}
    for path in MODULES:
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        found = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        assert not any(node.level for node in found), f"{path.name} imports by dots, which no test sees"
        told = [(node.module, f"{node.module}.{alias.name}") for node in found for alias in node.names]
        graph[dotted(path)] = {whole if whole in names else module for module, whole in told} & names
    graphlib.TopologicalSorter(graph).prepare()
    assert "fer_cluster.scoring" in graph["fer_cluster.runs"]


def test_every_level_is_of_something():
    rooms = {room(path) for path in MODULES}
    assert set(LEVEL) == rooms, set(LEVEL) ^ rooms


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOME)))
def test_parts_of_one_kind_never_import_another(path):
    for line, other, _ in imports(path):
        if room(path) in KINDS and other in KINDS:
            assert other == room(path), f"{path.name}:{line} imports {other}"


@pytest.mark.parametrize("path", sorted((HOME / "plots").glob("*.py")), ids=lambda path: path.name)
def test_plots_import_no_learning_library(path):
    source = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = {alias.name for node in source if isinstance(node, ast.Import) for alias in node.names}
    source = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names |= {node.module or "" for node in source if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name.split(".")[0] in ("sklearn", "torch")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOME)))
def test_files_are_short_and_well_named(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
    assert path.stem not in ("utils", "helpers", "common")


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_each_part_is_one_file_with_one_name(kind):
    for name in catalog.names(kind):
        assert catalog.find(kind, name).__module__ == f"fer_cluster.{kind}.{name}"
        assert catalog.describe(kind, name).endswith(".")


def loaded_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_is_light():
    heavy = {"torch", "umap", "matplotlib", "seaborn", "sklearn", "pandas", "numpy"}
    assert not heavy & loaded_after("import fer_cluster")


def test_the_command_line_starts_light():
    heavy = {"torch", "umap", "matplotlib", "seaborn", "sklearn", "pandas", "numpy"}
    assert not heavy & loaded_after("import fer_cluster.cli")


def test_public_names_are_there():
    import fer_cluster

    for name in fer_cluster.__all__:
        assert callable(getattr(fer_cluster, name))
    with pytest.raises(AttributeError):
        fer_cluster.nothing  # noqa: B018

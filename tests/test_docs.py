"""What README and CONTRIBUTING say is true."""

import re
import types
from pathlib import Path

import numpy as np
import pytest

from fer_cluster import catalog

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme():
    command = re.search(r"<!-- test command -->\n```console\n(.+)\n```\n", README).group(1)
    assert command.endswith("python -m pytest -n auto --dist loadfile")
    assert "<!-- test command -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_the_readme_names_every_part(kind):
    for name in catalog.names(kind):
        assert f"`{name}`" in README


def test_pictures_and_files_that_the_documents_name_are_there():
    for text in (README, CONTRIBUTING):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (ROOT / target).exists(), target


def test_the_clusterer_of_contributing_is_a_whole_one():
    source = re.search(r"<!-- example: .* -->\n```python\n(.+?)```", CONTRIBUTING, re.S).group(1)
    module = types.ModuleType("birch")
    exec(compile(source, "birch.py", "exec"), module.__dict__)
    (name,) = module.__all__
    x = np.concatenate([np.zeros((9, 3)), np.full((9, 3), 9.0)])
    cluster = getattr(module, name)(n_clusters=2).fit(x).predict(x)
    assert len(set(cluster[:9])) == len(set(cluster[9:])) == 1 and cluster[0] != cluster[9]


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = re.search(r"```python\n(.+?)```", README, re.S).group(1)
    exec(source.replace('"fer2013.csv"', '"toy:n=140"'), {})
    assert (tmp_path / "scatter.png").exists() and (tmp_path / "runs" / "pixels-kmeans" / "run.json").exists()

"""The command that a user starts: killed at any moment, or run by several processes, it ends alike."""

import hashlib
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from fer_cluster.runs import load_run

TOML = """
seeds = 1
[[runs]]
name = "code"
features = "autoencoder:n_components=4,dense=8,code=8,epochs=12"
[[runs]]
name = "net"
baseline = "three_blocks:width=2,dense=4,epochs=30,average=0.9,augment=mirror"
"""
COMMAND = """
from fer_cluster.cli import main
from fer_cluster.training import loop
loop._SAVE_AFTER = 0  # a state after every epoch, short as they are here
main()
"""


def command(folder, out):
    """Return the command that makes the two runs."""
    return [sys.executable, folder / "command.py", "compare", folder / "two.toml", "toy:n=70", "--out", out]


def outcome(out):
    """Return a hash of every trained weight, and what each run is judged by."""
    weights = {
        path.parent.parent.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.glob("official/*/model_0/weights.safetensors"))
    }
    runs = [load_run(out / "official" / name) for name in ("code", "net")]
    histories = [run.history.drop(columns="seconds").to_dict("list") for run in runs]
    return weights, histories, [hashlib.sha256(np.array(run.features)).hexdigest() for run in runs]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "command.py").write_text(COMMAND)
    (folder / "two.toml").write_text(TOML)
    subprocess.run(command(folder, folder / "out"), check=True, capture_output=True)
    return folder, outcome(folder / "out")


@pytest.mark.parametrize("name, state", [("code", "features"), ("net", "0")])
def test_a_killed_comparison_goes_on_to_the_same_weights(undisturbed, tmp_path, name, state):
    folder, expected = undisturbed
    assert list(expected[0]) == ["code", "net"]
    started = command(folder, tmp_path / "out")
    with subprocess.Popen(started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        begun = tmp_path / "out" / "official" / f"{name}.training" / state / "state.json"
        while not begun.exists():
            assert child.poll() is None, "it ended before it could be killed"
            time.sleep(0.002)
        child.kill()
    assert child.returncode == -9 and not (tmp_path / "out" / "official" / name / "run.json").exists()
    subprocess.run(started, check=True, capture_output=True)
    assert outcome(tmp_path / "out") == expected
    assert not list((tmp_path / "out").rglob("*.training"))


def test_several_processes_leave_the_runs_of_one(undisturbed, tmp_path):
    folder, _ = undisturbed
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ["-m", "fer_cluster", *command(folder, tmp_path / "out")[2:]]
    done = subprocess.run([*launch, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    alone, two = (pd.read_csv(out / "scores.csv") for out in (folder / "out", tmp_path / "out"))
    assert two[["run", "part", "metric"]].equals(alone[["run", "part", "metric"]])
    runs = [load_run(out / "official" / "net") for out in (folder / "out", tmp_path / "out")]
    assert len(runs[1].history) == 30 and runs[1].spec["params"] == runs[0].spec["params"]
    assert "2 x" in runs[1].spec["device"]

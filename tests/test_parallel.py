import json
import runpy
import subprocess
import sys

import pytest

SCRIPT = """
import json, sys
import numpy as np, torch
from torch import nn
from torch.nn.functional import cross_entropy
from fer_cluster.training import checkpoint, loop
from fer_cluster.training.parallel import is_first
from fer_cluster.training.recipe import Recipe

RECIPES = {
    "plain": dict(optimiser="sgd", weight_decay=0.01, clip=1.0),
    "adam": dict(average=0.5),
    "norm": dict(optimiser="sgd", schedule="plateau", keep="best", epochs=9),
}

def trained(name, folder=None):
    random = np.random.default_rng(3)
    images, targets = random.integers(0, 255, (32, 4, 4)).astype(np.uint8), np.arange(32) % 3
    torch.manual_seed(1)
    norm = [nn.BatchNorm1d(16), nn.Dropout(0.5)] if name == "norm" else []
    net = nn.Sequential(nn.Flatten(), *norm, nn.Linear(16, 3))

    def objective(net, images, targets):
        logits = net(images.float() / 255)
        return cross_entropy(logits, targets), (logits.argmax(1) == targets).sum()

    exact = {"epochs": 3, "batch_size": 8, "learning_rate": 0.05, "device": "cpu", "precision": "float32"}
    recipe = Recipe(**exact | RECIPES[name])
    history = loop.train(
        net, objective, images, targets, recipe=recipe, watch=(images[:9], targets[:9]), checkpoint=folder
    )
    weights = {key: tensor.tolist() for key, tensor in net.state_dict().items()}
    return {"weights": weights, "history": history.drop(columns="seconds").to_dict("list")}

if __name__ == "__main__":
    saved, save = [], checkpoint.save
    checkpoint.save = lambda folder, *rest: (saved.append(str(folder)), save(folder, *rest))
    found = {name: trained(name, f"{sys.argv[1]}/state/{name}") for name in RECIPES}
    again = {name: trained(name, f"{sys.argv[1]}/state/{name}") for name in RECIPES}
    rank = torch.distributed.get_rank()
    out = {"found": found, "again": again == found, "saved": len(saved), "first": is_first()}
    with open(f"{sys.argv[1]}/{rank}.json", "w") as file:
        json.dump(out, file)
    torch.distributed.destroy_process_group()
"""


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """What each of two processes found, and what one alone finds."""
    folder = tmp_path_factory.mktemp("parallel")
    (folder / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*command, folder / "script.py", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    alone = runpy.run_path(str(folder / "script.py"))
    two = [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]
    return two, {name: alone["trained"](name) for name in alone["RECIPES"]}


@pytest.mark.parametrize("name", ["plain", "adam", "norm"])
def test_the_processes_end_with_the_same_weights_and_history(processes, name):
    (first, second), _ = processes
    assert first["found"][name] == second["found"][name]


def test_the_first_alone_writes_and_all_resume(processes):
    (first, second), _ = processes
    assert (first["first"], second["first"]) == (True, False)
    assert (first["saved"], second["saved"]) == (3, 0)
    assert first["again"] and second["again"]


@pytest.mark.parametrize("name", ["plain", "adam"])
def test_two_processes_learn_what_one_learns(processes, name):
    (first, _), alone = processes
    for part in ("weights", "history"):
        for key, value in alone[name][part].items():
            for one, other in zip(value, first["found"][name][part][key], strict=True):
                assert one == pytest.approx(other, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(("world", "told"), [("1", "cpu (float32)"), ("4", "4 x cpu (float32)")])
def test_a_record_tells_of_how_many_processes(monkeypatch, world, told):
    import torch

    from fer_cluster.training import device

    assert device.name(torch.device("cpu"), "float32") == "cpu (float32)"
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one")
    monkeypatch.setenv("WORLD_SIZE", world)
    assert device.name(torch.device("cpu"), "float32") == told


def test_what_each_does_alone_joins_no_other_process(monkeypatch):
    import torch

    from fer_cluster.training.parallel import Processes

    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    alone = Processes(torch.device("cpu"), alone=True)
    assert (alone.rank, alone.world) == (0, 1) and not torch.distributed.is_initialized()

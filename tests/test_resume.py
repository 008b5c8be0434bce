import hashlib
import json
import runpy
import stat
import subprocess
import sys
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from fer_cluster.errors import InputError
from fer_cluster.training import checkpoint as checkpoints
from fer_cluster.training import loop
from fer_cluster.training.recipe import Recipe

SCRIPT = """
import hashlib, sys, time
import numpy as np, torch
from torch import nn
from torch.nn.functional import cross_entropy
from fer_cluster.training import loop
from fer_cluster.training.recipe import Recipe

RECIPES = {
    "adam": dict(average=0.9, clip=0.5, schedule="cosine", warm_up=1.5, keep="best"),
    "sgd": dict(optimiser="sgd", schedule="plateau", weight_decay=0.01, learning_rate=0.3),
    "radam": dict(optimiser="radam", random_state=4),
}

def digest(name, checkpoint=None, pause=0.0):
    random = np.random.default_rng(3)
    images, targets = random.integers(0, 255, (20, 6, 6)).astype(np.uint8), np.arange(20) % 3
    torch.manual_seed(1)
    body = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3)]
    net = nn.Sequential(*body, nn.Flatten(), nn.Dropout(0.5), nn.Linear(8, 3))

    def objective(net, images, targets):
        time.sleep(pause)
        logits = net((images.float() / 255).contiguous(memory_format=torch.channels_last))
        return cross_entropy(logits, targets), (logits.argmax(1) == targets).sum()

    recipe = Recipe(epochs=9, batch_size=8, device="cpu", **RECIPES[name])
    watch = (images[::3], targets[::-3].copy())
    loop.train(net, objective, images, targets, recipe=recipe, watch=watch, checkpoint=checkpoint)
    return hashlib.sha256(b"".join(t.numpy().tobytes() for t in net.state_dict().values())).hexdigest()

class Tell(list):
    def append(self, row):
        super().append(row)
        print("epoch", row["epoch"], flush=True)

if __name__ == "__main__":
    torch.set_num_threads(1)
    loop._SAVE_AFTER, started = 0, loop.Loop.fit
    def fit(self, checkpoint, settled):
        resumed, self._resume = self._resume, lambda state: tell(self, resumed, state)
        started(self, checkpoint, settled)
    def tell(self, resumed, state):
        resumed(state)
        print("from", len(self.history), flush=True)
        self.history = Tell(self.history)
    loop.Loop.fit = fit
    for name in RECIPES:
        print("start", name, flush=True)
        print("done", name, digest(name, f"{sys.argv[1]}/{name}", pause=0.002), flush=True)
"""


def killed_after(script, folder, lines):
    """Run the script, kill it after so many lines, and return what it said; None lets it end."""
    with subprocess.Popen([sys.executable, script, folder], stdout=subprocess.PIPE, text=True) as child:
        said = []
        for line in child.stdout:
            said.append(line.split())
            if len(said) == lines:
                child.kill()
                break
        said += [line.split() for line in child.stdout]
    assert child.returncode == (-9 if lines else 0)
    return said


def test_a_killed_training_ends_with_the_weights_of_an_undisturbed_one(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    recipes = runpy.run_path(str(tmp_path / "script.py"))["RECIPES"]
    undisturbed = killed_after(tmp_path / "script.py", tmp_path / "undisturbed", None)
    said = [killed_after(tmp_path / "script.py", tmp_path / "state", lines) for lines in (7, 14, 18, None)]
    went_on = [(a[1], int(b[1])) for run in said for a, b in pairwise(run) if b[0] == "from"]
    assert {name for name, epoch in went_on if 0 < epoch < 9} == set(recipes)
    ends, expected = ({d[1]: d[2] for d in run if d[0] == "done"} for run in (said[-1], undisturbed))
    assert ends == expected and len(set(ends.values())) == len(recipes)
    kinds = {file.suffix for file in (tmp_path / "state").rglob("*") if file.is_file()}
    assert kinds == {".safetensors", ".json"}


@pytest.fixture
def faces():
    random = np.random.default_rng(0)
    return random.integers(0, 255, (12, 4, 4)).astype(np.uint8), np.arange(12) % 3


def trained(faces, checkpoint=None, watch=None, start=2, **recipe):
    """Return a hash of the weights, and the seconds of the epochs, which tell one training from another."""
    torch.manual_seed(start)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))

    def objective(net, images, targets):
        return cross_entropy(net(images.float()), targets), None

    recipe = Recipe(**{"epochs": 2, "batch_size": 5, "device": "cpu"} | recipe)
    history = loop.train(net, objective, *faces, recipe=recipe, watch=watch, checkpoint=checkpoint)
    weights = b"".join(tensor.numpy().tobytes() for tensor in net.state_dict().values())
    return hashlib.sha256(weights).hexdigest(), history.seconds.tolist()


def test_a_training_that_was_done_is_not_done_again(faces, tmp_path):
    first = trained(faces, tmp_path / "state")
    assert trained(faces, tmp_path / "state") == first
    assert trained(faces)[0] == first[0]


def test_the_files_are_as_open_as_others_and_hold_no_pickle(faces, tmp_path):
    trained(faces, tmp_path / "state", average=0.5)
    (tmp_path / "plain").write_text("")
    files = sorted((tmp_path / "state").iterdir())
    assert [file.name for file in files] == ["state.json", "state.safetensors"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {
        stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    }
    assert json.loads(files[0].read_text()).keys() == {"key", "rest"}
    length = int.from_bytes(files[1].read_bytes()[:8], "little")
    header = json.loads(files[1].read_bytes()[8 : 8 + length])
    assert {"net/1.weight", "average/module/1.weight", "optimiser/state/0/exp_avg"} <= set(header)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def garbled(path, content):
    path.write_bytes(content(path.read_bytes()))


DAMAGES = {
    "cut tensors": ("state.safetensors", lambda whole: whole[:-9]),
    "no tensors": ("state.safetensors", lambda whole: b""),
    "cut text": ("state.json", lambda whole: whole[:50]),
    "no text": ("state.json", lambda whole: b"\x80\x04\xff"),
    "no key": ("state.json", lambda whole: b'{"rest": {}}'),
    "a list": ("state.json", lambda whole: b"[1, 2]"),
    "a list of rest": ("state.json", lambda whole: b'{"key": "a", "rest": [1]}'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_told_of_and_left(faces, tmp_path, damage):
    wanted = trained(faces, tmp_path / "state")[0]
    name, content = DAMAGES[damage]
    garbled(tmp_path / "state" / name, content)
    with pytest.warns(UserWarning, match="is damaged .*training starts anew") as told:
        assert trained(faces, tmp_path / "state")[0] == wanted
    assert len(told) == 1
    assert trained(faces, tmp_path / "state")[0] == wanted  # whole again


def test_a_checkpoint_of_another_precision_is_not_gone_on_with(faces, tmp_path):
    trained(faces, tmp_path / "state", precision="float32")
    with pytest.warns(UserWarning, match="other settings"):
        trained(faces, tmp_path / "state", precision="bfloat16")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux swaps two folders in one go")
def test_at_no_moment_is_there_no_checkpoint(faces, tmp_path, monkeypatch):
    trained(faces, tmp_path / "state")
    monkeypatch.setattr("os.replace", lambda *paths: pytest.fail("the old one was taken away first"))
    with pytest.warns(UserWarning, match="other settings"):
        trained(faces, tmp_path / "state", epochs=4)
    assert len(json.loads((tmp_path / "state" / "state.json").read_text())["rest"]["history"]) == 4


def test_a_checkpoint_without_its_tensors(faces, tmp_path):
    wanted = trained(faces, tmp_path / "state")[0]
    (tmp_path / "state" / "state.safetensors").unlink()
    with pytest.warns(UserWarning, match="is damaged"):
        assert trained(faces, tmp_path / "state")[0] == wanted


@pytest.mark.parametrize("other", ["recipe", "images", "targets", "watch", "start"])
def test_a_checkpoint_of_something_else(faces, tmp_path, other):
    trained(faces, tmp_path / "state")
    images, targets = faces[0].copy(), faces[1].copy()
    images[3, 0, 0] ^= other == "images"
    targets[3] = (targets[3] + (other == "targets")) % 3
    options = {"recipe": {"learning_rate": 0.1}, "start": {"start": 3}}.get(other, {})
    watch = (images[:2], targets[:2]) if other == "watch" else None
    with pytest.warns(UserWarning, match="of other settings or faces") as told:
        found = trained((images, targets), tmp_path / "state", watch, **options)[0]
    assert len(told) == 1
    assert found == trained((images, targets), None, watch, **options)[0]


def test_a_folder_of_something_else_is_never_replaced(faces, tmp_path, monkeypatch):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds thesis.tex, which is no part of a checkpoint"):
        trained(faces, tmp_path)
    with pytest.raises(InputError, match="must be a folder"):
        trained(faces, tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="holds thesis.tex"):
        trained(faces, "")
    (tmp_path / "empty").mkdir()
    trained(faces, tmp_path / "empty")
    assert {path.name for path in (tmp_path / "empty").iterdir()} == {"state.json", "state.safetensors"}


def test_a_state_comes_back_as_it_was(tmp_path):
    state = {
        "net": {"0.weight": torch.arange(6.0).reshape(2, 3).T, "count": torch.tensor(3)},
        "optimiser": {
            "state": {0: {"step": torch.tensor(2.0)}},
            "param_groups": [{"lr": 0.1, "params": [0]}],
        },
        "average": {},
        "history": [{"epoch": 1, "loss": 0.1 + 0.2, "learning_rate": np.float32(0.5)}],
    }
    checkpoints.save(tmp_path / "state", "key", state)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = checkpoints.load(tmp_path / "state", "key")
    assert torch.equal(found["net"].pop("0.weight"), state["net"].pop("0.weight"))
    assert found == state
    assert checkpoints.load(tmp_path / "none", "key") is None


def test_a_save_that_fails_leaves_the_checkpoint_before_it(tmp_path, monkeypatch):
    def full(*given, **options):
        raise OSError(28, "No space left")

    checkpoints.save(tmp_path / "state", "key", {"net": torch.zeros(2), "history": [1]})
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("pathlib.Path.write_text", full)
        checkpoints.save(tmp_path / "state", "key", {"net": torch.ones(2), "history": [1, 2]})
    found = checkpoints.load(tmp_path / "state", "key")
    assert found["history"] == [1] and found["net"].tolist() == [0, 0]

import json
import os
import stat
import struct
import sys
import types

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from fer_cluster.errors import InputError
from fer_cluster.training.weights import find_weights, load_matching, save_tensors


def small():
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    with torch.no_grad():
        net[0].weight.copy_(torch.arange(6.0).reshape(2, 3))
    return net


@pytest.fixture
def path(tmp_path):
    save_tensors(small(), tmp_path / "net.safetensors", {"net": "small"})
    return tmp_path / "net.safetensors"


def test_saved_is_loaded(path):
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    names = load_matching(net, path)
    assert names == list(net.state_dict())
    assert net[0].weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert net[0].weight.requires_grad


def test_the_file_says_what_it_is_and_others_may_read_it(path):
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"net": "small"}
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_strided_tensors_are_saved_in_order(tmp_path):
    net = nn.Conv2d(2, 3, 2).to(memory_format=torch.channels_last)
    save_tensors(net, tmp_path / "net.safetensors", {})
    assert torch.equal(load_file(tmp_path / "net.safetensors")["weight"], net.weight)


def test_halved_numbers_are_float16_in_the_file_and_float32_in_the_net(tmp_path):
    net = small()
    net[0].weight.data.fill_(1 / 3)
    save_tensors(net, tmp_path / "net.safetensors", {}, half=True)
    kept = load_file(tmp_path / "net.safetensors")
    assert kept["0.weight"].dtype == kept["1.running_var"].dtype == torch.float16
    assert kept["1.num_batches_tracked"].dtype == torch.int64
    load_matching(other := small(), tmp_path / "net.safetensors")
    assert other[0].weight.dtype == torch.float32
    assert other[0].weight[0, 0].item() == pytest.approx(1 / 3, rel=2**-11)


def test_a_failed_save_leaves_the_old_file(path):
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        save_tensors(small(), path, {"net": object()})
    assert path.read_bytes() == before


def test_skipped_names_are_left_alone_on_both_sides(tmp_path):
    save_file(
        {"0.weight": torch.ones(2, 3), "0.bias": torch.ones(2), "old": torch.ones(9)},
        tmp_path / "a.safetensors",
    )
    net = small()
    assert load_matching(net, tmp_path / "a.safetensors", skip=("1.", "old")) == ["0.weight", "0.bias"]
    assert net[0].bias.tolist() == [1, 1] and net[1].weight.tolist() == [1, 1]


def test_change_comes_before_the_check(tmp_path):
    save_file({"weight": torch.ones(3, 2), "bias": torch.zeros(2)}, tmp_path / "a.safetensors")
    net = nn.Linear(3, 2)
    load_matching(net, tmp_path / "a.safetensors", change=lambda t: {**t, "weight": 2 * t["weight"].T})
    assert net.weight.tolist() == [[2, 2, 2], [2, 2, 2]]


@pytest.mark.parametrize(
    "tensors, says",
    [
        ({"weight": torch.ones(2, 3)}, "lacks bias;"),
        ({"bias": torch.ones(2)}, "lacks weight;"),
        ({}, "lacks bias and 1 more;"),
        ({"weight": torch.ones(2, 3), "bias": torch.ones(2), "extra": torch.ones(1)}, "unknown extra;"),
        ({"weight": torch.ones(3, 2), "bias": torch.ones(2)}, r"weight has shape \(3, 2\).*needs \(2, 3\)"),
        ({"weight": torch.full((2, 3), torch.nan), "bias": torch.ones(2)}, "weight .* not finite"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_loaded(tensors, says, tmp_path):
    save_file(tensors, tmp_path / "a.safetensors")
    net = nn.Linear(3, 2)
    before = net.bias.clone()
    with pytest.raises(InputError, match=says):
        load_matching(net, tmp_path / "a.safetensors")
    assert torch.equal(net.bias, before)


def cut(data):
    return data[:-4]


def huge_header(data):
    return struct.pack("<Q", 2**60) + data[8:]


def overlapping(data):
    header = json.dumps({"weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 999]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(24)


@pytest.mark.parametrize(
    "damage", [cut, huge_header, overlapping, lambda _: b"", lambda _: b"<html>404</html>"]
)
def test_damaged_files(damage, path):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"net\.safetensors cannot be read"):
        load_matching(small(), path)


class Trap:
    def __reduce__(self):
        return os.mkdir, ("sprung",)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".pkl", ""])
def test_pickles_are_refused_unopened(suffix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(Trap(), tmp_path / f"net{suffix}")
    with pytest.raises(InputError, match=r"\.safetensors.*nothing is unpickled"):
        load_matching(small(), tmp_path / f"net{suffix}")
    (tmp_path / f"net{suffix}").rename(tmp_path / "net.safetensors")
    with pytest.raises(InputError, match="cannot be read"):
        load_matching(small(), tmp_path / "net.safetensors")
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_and_a_folder(tmp_path):
    (tmp_path / "folder.safetensors").mkdir()
    for name in ("none.safetensors", "folder.safetensors"):
        with pytest.raises(InputError, match="cannot be read"):
            load_matching(small(), tmp_path / name)
        with pytest.raises(InputError, match="no weights at .*'hub'"):
            find_weights(tmp_path / name, "owner/net", "model.safetensors")


def test_a_local_path_is_used_as_it_is(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert find_weights(str(path), "owner/net", "model.safetensors") == path


def test_the_hub_is_asked_for_the_file(path, monkeypatch):
    asked = []

    def hf_hub_download(repository, file):
        asked.append((repository, file))
        return str(path)

    monkeypatch.setitem(
        sys.modules, "huggingface_hub", types.SimpleNamespace(hf_hub_download=hf_hub_download)
    )
    assert find_weights("hub", "owner/net", "model.safetensors") == path
    assert asked == [("owner/net", "model.safetensors")]


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"pip install 'fer-cluster\[hub\]'.*local \.safetensors"):
        find_weights("hub", "owner/net", "model.safetensors")


def test_without_a_network(monkeypatch):
    def hf_hub_download(repository, file):
        raise ConnectionError("no route")

    monkeypatch.setitem(
        sys.modules, "huggingface_hub", types.SimpleNamespace(hf_hub_download=hf_hub_download)
    )
    with pytest.raises(InputError, match=r"owner/net could not be fetched \(ConnectionError\).*local"):
        find_weights("hub", "owner/net", "model.safetensors")


def test_a_save_that_fails_leaves_the_weights_before_it(path, monkeypatch):
    before = path.read_bytes()

    def half(self, data):
        with self.open("wb") as file:
            file.write(data[:9])
        raise OSError(28, "No space left")

    monkeypatch.setattr("pathlib.Path.write_bytes", half)
    with pytest.raises(OSError, match="No space"):
        save_tensors(nn.Linear(3, 2), path, {})
    assert path.read_bytes() == before

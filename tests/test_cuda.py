"""Training on a GPU, as on the CPU: learnt, cut off and gone on, scored by ten crops, used elsewhere."""

import os
import shutil
import subprocess
import sys

import pytest

SCRIPT = """
import sys, tempfile
import numpy as np
from fer_cluster.baselines.resnet18 import ResNet18
from fer_cluster.training.models import load_model, save_model

device, folder = sys.argv[1], tempfile.mkdtemp()
emotion = np.arange(140) % 7
shades = 30 * emotion[:, None, None] + np.random.default_rng(0).integers(0, 20, (140, 48, 48))
images, watch = shades[:112].astype(np.uint8), (shades[112:].astype(np.uint8), emotion[112:])
changes = {"mixup": 0.2, "average": 0.9, "clip": 1.0, "views": "ten_crop"}
changes |= {"keep": "best", "schedule": "plateau"}
net = ResNet18(width=4, epochs=4, batch_size=16, device=device, **changes)
net.fit(images, emotion[:112], watch=watch, checkpoint=folder + "/state")
net.set_params(epochs=6).fit(images, emotion[:112], watch=watch)
assert net.history_["loss"].iloc[-1] < net.history_["loss"].iloc[0], net.history_
save_model(net, folder + "/model")
found = load_model(folder + "/model").set_params(device="cpu").predict_proba(watch[0])
np.testing.assert_allclose(found, net.predict_proba(watch[0]), atol=0.05)
"""


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_net_is_trained_and_used_elsewhere(device):
    if device == "cuda" and shutil.which("nvidia-smi") is None:
        pytest.skip("no GPU of Nvidia here")
    env = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    subprocess.run([sys.executable, "-c", SCRIPT, device], check=True, env=env)

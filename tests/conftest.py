import os

if "PYTEST_XDIST_WORKER" in os.environ:  # a thread each, told before any library counts the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")  # umap's, which sets those of torch, too

if not os.environ.get("FER_CLUSTER_TEST_CUDA"):  # equal weights, bit for bit, are promised on the CPU
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_cluster.emotions import EMOTIONS
from fer_cluster.faces import Faces

REAL = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def tiny():
    """Seventy faces of 16 x 16 whose emotion is written in their brightness."""
    random = np.random.default_rng(7)
    emotion = np.arange(70) % 7
    images = 30 * emotion[:, None, None] + random.integers(0, 20, size=(70, 16, 16))
    split = np.where(
        np.arange(70) < 49, "Training", np.where(np.arange(70) < 56, "PublicTest", "PrivateTest")
    )
    about = pd.DataFrame({"emotion": [EMOTIONS[code] for code in emotion], "split": split})
    return Faces(images.astype(np.uint8), about, "tiny")


@pytest.fixture(scope="session")
def fer2013():
    """The real FER2013, where it lies beside the checkout."""
    if not (REAL / "fer2013.npz").exists():
        pytest.skip("the real FER2013 is not here")
    with np.load(REAL / "fer2013.npz") as npz:
        images, emotion, usage = npz["pixels"], npz["emotion"], npz["usage"]
    split = np.array(["Training", "PublicTest", "PrivateTest"])[usage]
    return Faces(images, pd.DataFrame({"emotion": emotion, "split": split}), "fer2013")

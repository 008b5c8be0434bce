"""What the classical benchmark runs, each in a process of its own: the peer's code and ours.

    python benchmarks/_classical.py NAME ARGUMENTS...

calls one function and prints what it returns, with the peak memory in MB, as JSON.
"""

import itertools
import json
import resource
import sys
import time

# What a user writes today -------------------------------------------------------------------------


def peer_program(faces, figure):
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    table = pd.read_csv(faces)
    x = np.array([np.array(pixels.split(), dtype=np.float32) for pixels in table["pixels"]])
    x = PCA(50).fit_transform(StandardScaler().fit_transform(x))
    KMeans(7, n_init=10, random_state=0).fit_predict(x)
    plt.scatter(x[:, 0], x[:, 1], c=table["emotion"], cmap="tab10", s=2)
    plt.savefig(figure)


def peer_pca(images):
    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    x = np.load(images).reshape(-1, 48 * 48).astype(np.float32)
    started = time.perf_counter()
    PCA(50).fit_transform(StandardScaler().fit_transform(x))
    return {"seconds": time.perf_counter() - started}


def peer_kmeans(features, seed):
    import numpy as np
    from sklearn.cluster import KMeans

    x = np.load(features)
    started = time.perf_counter()
    model = KMeans(7, n_init=10, random_state=int(seed)).fit(x)
    return {"seconds": time.perf_counter() - started, "quality": -model.inertia_}


def peer_gmm(features, seed):
    import numpy as np
    from sklearn.mixture import GaussianMixture

    x = np.load(features)
    started = time.perf_counter()
    model = GaussianMixture(7, random_state=int(seed)).fit(x)
    return {"seconds": time.perf_counter() - started, "quality": model.score(x)}


def peer_hog(images):
    import numpy as np
    from skimage.feature import hog

    x = np.load(images)
    started = time.perf_counter()
    features = np.array([hog(image, cells_per_block=(2, 2)) for image in x])
    return {"seconds": time.perf_counter() - started, "quality": float(features.sum())}


# The same with fer_cluster ------------------------------------------------------------------------


def our_program(faces, figure):
    """Draw the peer's figure."""
    from matplotlib.figure import Figure

    from fer_cluster.emotions import COLOURS

    faces, x, _ = _clustered(faces)
    drawing = Figure()
    ax = drawing.subplots()
    for emotion, colour in COLOURS.items():
        ax.scatter(*x[faces.about["emotion"] == emotion, :2].T, color=colour, s=2)
    drawing.savefig(figure)


def our_figure(faces, figure):
    """Draw the figure of the package: emotions and clusters side by side, named and counted."""
    from fer_cluster.metrics import ami, contingency
    from fer_cluster.plots.scatter import Scatter

    faces, x, cluster = _clustered(faces)
    agreement = ami(contingency(faces.about["emotion"].cat.codes, cluster, 7, 7))
    names = {"run": "pixels-kmeans", "dataset": faces.name, "split": "all", "part": "all", "fitted": True}
    points = {"emotion": faces.about["emotion"], "cluster": cluster, "x": x[:, 0], "y": x[:, 1]}
    about = faces.about[[]].assign(**names, projection="pixels", ami=agreement, **points)
    Scatter().draw(about).savefig(figure, dpi=150)


def _clustered(faces):
    from fer_cluster.clusterers.kmeans import KMeans
    from fer_cluster.features.pixels import Pixels
    from fer_cluster.loading import load

    faces = load(faces)
    x = Pixels().fit(faces.images).transform(faces.images)
    return faces, x, KMeans().fit_predict(x)


def our_pca(images):
    import numpy as np

    from fer_cluster.features.pixels import Pixels

    images = np.load(images, mmap_mode="r")
    started = time.perf_counter()
    Pixels(50).fit(images).transform(images)
    return {"seconds": time.perf_counter() - started}


def our_kmeans(features, seed):
    import numpy as np

    from fer_cluster.clusterers.kmeans import KMeans

    x = np.load(features, mmap_mode="r")
    started = time.perf_counter()
    model = KMeans(random_state=int(seed)).fit(x)
    return {"seconds": time.perf_counter() - started, "quality": -model.inertia_}


def our_gmm(features, seed):
    import numpy as np

    from fer_cluster.clusterers.gmm import GMM

    x = np.load(features, mmap_mode="r")
    started = time.perf_counter()
    model = GMM(random_state=int(seed)).fit(x)
    return {"seconds": time.perf_counter() - started, "quality": model.score(x)}


def our_hog(images):
    import numpy as np

    from fer_cluster.features.hog import Hog

    images = np.load(images, mmap_mode="r")
    started = time.perf_counter()
    features = Hog().fit(images).transform(images)
    return {"seconds": time.perf_counter() - started, "quality": float(features.sum(dtype=np.float64))}


# What the measurements need -----------------------------------------------------------------------


def prepare(faces, images, features):
    """Write images and features of a CSV as .npy."""
    import numpy as np

    from fer_cluster.features.pixels import Pixels
    from fer_cluster.loading import load

    faces = load(faces)
    np.save(images, faces.images)
    np.save(features, Pixels().fit(faces.images).transform(faces.images))


def synthesise(path, n):
    """Write n smooth synthetic images a block at a time."""
    import numpy as np

    random = np.random.default_rng(0)
    shapes = random.standard_normal((40, 48, 48)).cumsum(1).cumsum(2).reshape(40, -1)
    shapes *= 0.9 ** np.arange(40)[:, None] / shapes.std(1, keepdims=True)
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (int(n), 48, 48))
    for start in range(0, int(n), 10_000):
        smooth = 112 + 20 * random.standard_normal((10_000, 40)) @ shapes
        noise = random.integers(0, 32, smooth.shape, dtype=np.uint8)
        images[start : start + 10_000] = (np.clip(smooth, 0, 223).astype(np.uint8) + noise).reshape(
            -1, 48, 48
        )
        images.flush()


def scale(path, features):
    """Return the seconds of each stage on memory-mapped images, features on the disk too."""
    import numpy as np

    from fer_cluster.clusterers.kmeans import KMeans
    from fer_cluster.features.pixels import Pixels

    images = np.load(path, mmap_mode="r")
    out = np.lib.format.open_memmap(features, "w+", np.float32, (len(images), 50))
    laps = [time.perf_counter()]
    pixels = Pixels(50).fit(images)
    laps.append(time.perf_counter())
    pixels.transform(images, out=out)
    laps.append(time.perf_counter())
    KMeans().fit(out)
    laps.append(time.perf_counter())
    stages = ("fit", "transform", "kmeans")
    return dict(zip(stages, (b - a for a, b in itertools.pairwise(laps)), strict=True))


if __name__ == "__main__":
    result = globals()[sys.argv[1]](*sys.argv[2:]) or {}
    result["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))

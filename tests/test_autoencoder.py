import numpy as np
import pytest
import torch
from sklearn.base import clone

from fer_cluster.clustering import cluster
from fer_cluster.errors import InputError
from fer_cluster.features.autoencoder import Autoencoder, _objective
from fer_cluster.loading import load
from fer_cluster.runs import load_run
from fer_cluster.training.models import load_model


@pytest.fixture(scope="module")
def faces():
    return load("toy:n=140")


@pytest.fixture(scope="module")
def fitted(faces):
    return Autoencoder(epochs=15, n_components=8, batch_size=16).fit(faces.images)


def test_it_is_the_net_of_the_paper(fitted):
    kinds = [type(module).__name__ for module in fitted.net_.modules()]
    assert kinds.count("Conv2d") == kinds.count("MaxPool2d") == kinds.count("Linear") == 3
    assert fitted.net_(torch.zeros(2, 1, 48, 48)).shape == (2, 1, 48, 48)
    assert Autoencoder().epochs == 10 and Autoencoder().optimiser == "adam"


def test_it_learns_to_give_images_back(fitted, faces):
    pixels = faces.images / 255
    flat = ((pixels - pixels.mean()) ** 2).mean()  # what one grey for all pixels leaves
    left = ((fitted.reconstruct(faces.images) / 255 - pixels) ** 2).mean()
    assert left < 0.6 * flat
    assert fitted.history_["loss"].iloc[-1] < 0.6 * flat


def test_the_loss_is_the_mean_squared_error():
    images = torch.tensor([[[[0, 255], [51, 102]]]], dtype=torch.uint8)
    loss, right = _objective(lambda x: torch.full_like(x, 0.2), images, None)
    assert right is None
    assert loss.item() == pytest.approx((0.04 + 0.64 + 0 + 0.04) / 4, abs=1e-6)


def test_features_are_the_second_dense_layer_on_its_principal_components(fitted, faces):
    code = fitted.through(faces.images, lambda batch: fitted.net_.encode(batch.float() / 255)).astype(float)
    assert code.shape == (140, 128)
    features = fitted.transform(faces.images)
    spread = np.linalg.svd(code - code.mean(0), compute_uv=False)[:8]
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), spread, rtol=1e-3, atol=1e-3)
    covariance = features.T @ features
    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=1e-2 * covariance.max())


def test_a_run_keeps_history_pictures_and_the_net(faces, tmp_path):
    cluster(faces, "autoencoder:n_components=5", seeds=2, epochs=2).save(tmp_path / "run")
    run = load_run(tmp_path / "run")
    assert run.spec["epochs"] == 2 and run.history["epoch"].tolist() == [1, 2]
    reported = (run.faces["part"] == "PrivateTest").to_numpy()
    np.testing.assert_array_equal(run.pictures[0], faces.images[reported][:12])
    model = load_model(tmp_path / "run" / "model_0")
    np.testing.assert_array_equal(model.transform(faces.images), run.features)
    np.testing.assert_array_equal(model.reconstruct(run.pictures[0]), run.pictures[1])


def test_bad_input_is_one_sentence(faces):
    with pytest.raises(InputError, match="between 1 and 128"):
        Autoencoder(n_components=129).fit(faces.images)
    with pytest.raises(InputError, match="uint8"):
        Autoencoder().fit(faces.images.astype(float))
    with pytest.raises(InputError, match="15 pixels or more"):
        Autoencoder().fit(faces.images[:, :14, :14])
    assert clone(Autoencoder(code=64)).code == 64


def test_what_it_gives_back_is_of_images_like_those_of_the_fit(fitted, faces):
    for wrong in (faces.images[:, :40], faces.images / 255):
        with pytest.raises(InputError, match="48, 48"):
            fitted.reconstruct(wrong)

"""The encoder that is shipped: what it reads, that it is the one on its card, and how it is made."""

import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file

import fer_cluster
from fer_cluster.chain import Chain
from fer_cluster.errors import InputError
from fer_cluster.features import _encoders
from fer_cluster.features._shipping import ship
from fer_cluster.features.geometry import Geometry
from fer_cluster.features.pretrained import Pretrained
from fer_cluster.features.self_named import SelfNamed
from fer_cluster.parts import made, text
from fer_cluster.record import chosen_by, parameters
from fer_cluster.steps.learnt_expressions import LearntExpressions
from fer_cluster.steps.signal_to_nuisance import SignalToNuisance

SMALL = {"described": "pixels:9", "prior": "whiten:6", "subspace": "whiten:4", "names": (2,), "rounds": 1}


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(5)
    coarse = np.kron(random.integers(0, 256, (40, 4, 4)), np.ones((12, 12)))
    return (coarse * 0.9 + random.uniform(0, 25, coarse.shape)).astype(np.uint8)


def test_what_is_shipped_is_read_as_it_was(images, tmp_path, monkeypatch):
    encoder = SelfNamed(**SMALL, epochs=1, width=2, random_state=3, precision="float32").fit(images)
    encoder.net_.half().float()  # as the file keeps the weights
    x = encoder.transform(images)
    subspace = SignalToNuisance(3).fit(x, images=images, extractor=encoder)
    expressions = LearntExpressions("whiten:4", n_cells=(5,), n_faces=20, threshold=0.3)
    read = expressions.fit(x, images=images, extractor=encoder).transform(x)
    ship(encoder, subspace, expressions, tmp_path)
    monkeypatch.setattr(_encoders, "HOME", tmp_path)
    np.testing.assert_allclose(
        Pretrained().fit_transform(images), subspace.transform(x), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(Pretrained("expressions").fit_transform(images), read, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(Pretrained("body").fit(images[:3]).transform(images), x)


def test_the_shipped_encoder_is_small_and_has_a_card():
    files = {path.name: path.stat().st_size for path in _encoders.HOME.iterdir()}
    assert set(files) == {"README.md", "model.json", "codes.safetensors", "weights.safetensors"}
    assert sum(files.values()) <= 4 * 2**20


def test_it_tells_a_drawn_smile_whatever_the_light():
    from fer_cluster.datasets.toy import Toy

    toy = Toy(n=120, seed=1).load()
    part = Pretrained().fit(toy.images[:1])
    found = part.transform(toy.images)
    assert found.shape == (120, 8) and np.isfinite(found).all()
    smile = [abs(np.corrcoef(one, toy.about["au12"])[0, 1]) for one in found.T]
    assert max(smile) > 0.5
    darker = (toy.images * 0.8).astype(np.uint8)
    change = np.square(part.transform(darker) - found).mean()
    assert change < 0.2 * found.var(0).mean()
    mirrored = part.transform(toy.images[:, :, ::-1])
    np.testing.assert_allclose(mirrored, found, atol=1e-3)


def test_of_images_of_another_size_the_square_in_the_middle_is_seen(images):
    large = np.kron(images, np.ones((1, 2, 2), np.uint8))
    wide = np.pad(large, ((0, 0), (0, 0), (17, 17)), mode="edge")
    found = [Pretrained("body").fit_transform(one).ravel() for one in (images, large, wide)]
    assert np.corrcoef(found[0], found[1])[0, 1] > 0.9 and np.corrcoef(found[1], found[2])[0, 1] > 0.99


def test_an_encoder_of_ones_own_is_used_and_told_by_its_weights(images, tmp_path):
    encoder = SelfNamed(**SMALL, epochs=1, width=2, precision="float32").fit(images)
    x = encoder.transform(images)
    steps = [
        SignalToNuisance(3).fit(x, images=images, extractor=encoder),
        LearntExpressions("whiten:4", n_cells=(5,), n_faces=20).fit(x, images=images, extractor=encoder),
    ]
    ship(encoder, *steps, tmp_path / "pretrained")
    own = Pretrained("body", folder=str(tmp_path / "pretrained"))
    assert own.fit_transform(images).shape == (40, 16)
    assert Pretrained(folder=own.folder).fit_transform(images).shape == (40, 3)
    digests = [_encoders.digest(own.folder), _encoders.digest()]
    assert len(set(digests)) == 2
    faces = fer_cluster.load("toy:n=140")
    for features, used in [
        (own, digests[:1]),
        (f"pretrained:code=body,folder={own.folder}", digests[:1]),
        (f"several:parts=pixels:4 | pretrained:folder={own.folder};code=body | pretrained", digests),
        (f"self_named:teacher=pretrained:code=body;folder={own.folder},epochs=1,width=2", digests[:1]),
        (f"neutral_residual:describe=pretrained:folder={own.folder}", digests[:1]),
    ]:
        run = fer_cluster.cluster(faces, features, seeds=1)
        assert run.spec["params"]["shipped"] == {"weights": ", ".join(used)}


def test_its_maps_are_read_in_rows_and_stages_as_they_are(images):
    part = Pretrained("body", rows=3, stages=2).fit(images[:2])
    features, net = part.transform(images), part.encoder_.net_
    width = part.encoder_.width
    assert features.shape == (40, 3 * 12 * width) == (40, net.count)
    trained = Pretrained("body").fit(images[:2])
    assert trained.transform(images).shape == (40, trained.encoder_.net_.count)
    last = Pretrained("body", rows=1, stages=1).fit(images[:2]).transform(images)
    parted = features[:, 12 * width :].reshape(40, 8 * width, 3)
    np.testing.assert_allclose(parted.mean(2), last, atol=2e-2 * np.abs(last).max())


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"code": "subspace", "rows": 3}, "rows can be told of code='body' alone, not of 'subspace'"),
        ({"code": "expressions", "rows": 1, "stages": 2}, "rows and stages can be told of code='body' alone"),
        ({"rows": 0}, "rows must be a whole number of 1 or more, got 0"),
        ({"stages": 5}, "stages must be 1 to 4, got 5"),
        ({"stages": "all"}, "stages must be .*'all'"),
    ],
)
def test_rows_and_stages_that_cannot_be_read_are_told(wrong, told):
    with pytest.raises(InputError, match=told):
        Pretrained(**{"code": "body"} | wrong).check()


@pytest.mark.parametrize("missing", ["weights.safetensors", "model.json", "codes.safetensors"])
def test_an_encoder_that_is_not_whole_is_told_before_any_work(tmp_path, missing):
    for name in {"weights.safetensors", "model.json", "codes.safetensors"} - {missing}:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=f"No encoder is in .*{missing} is missing"):
        Pretrained(folder=str(tmp_path)).check()


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"code": "bodies"}, "body"),
        ({"images": np.zeros((2, 9, 9), np.uint8)}, "16 pixels"),
        ({"images": 1}, "reads"),
    ],
)
def test_what_cannot_be_used_is_told(images, wrong, told):
    given = {"images": images} | wrong
    with pytest.raises(InputError, match=told):
        Pretrained(given.get("code", "body")).fit(np.asarray(given["images"]))


def test_weights_that_are_missing_are_told(tmp_path, monkeypatch):
    assert len(_encoders.digest()) == 12
    monkeypatch.setattr(_encoders, "HOME", tmp_path)
    with pytest.raises(InputError, match="weights.safetensors is missing"):
        _encoders.digest()


def test_faces_that_it_was_trained_on_are_told_where_they_are_scored(monkeypatch):
    faces = fer_cluster.load("toy:n=140")
    monkeypatch.setattr(_encoders, "FACES", faces.fingerprint)
    with pytest.warns(UserWarning, match=r"trained on \d+ of the \d+ faces that are scored"):
        run = fer_cluster.cluster(faces, "pretrained", split="stratified", seeds=1)
    assert run.spec["transductive"]
    with pytest.warns(UserWarning, match="the split 'official' has none"):
        probe = fer_cluster.classify(
            faces, "linear_probe", features="pretrained:code=body", split="stratified"
        )
    assert probe.spec["transductive"]
    run = fer_cluster.cluster(faces, "pretrained", seeds=1)
    assert not run.spec["transductive"]
    monkeypatch.setattr(_encoders, "FACES", "others")
    assert not fer_cluster.cluster(faces, "pretrained", split="stratified", seeds=1).spec["transductive"]


def test_that_it_was_chosen_by_labels_is_told(tmp_path):
    faces = fer_cluster.load("toy:n=140")
    (tmp_path / "e.toml").write_text(
        'seeds = 1\n[[runs]]\nname = "a"\nfeatures = "pretrained"\n'
        '[[runs]]\nname = "b"\nfeatures = "pretrained"\nchosen_with = "PublicTest"\n'
        '[[runs]]\nname = "c"\nfeatures = "pixels"\n'
        '[[runs]]\nname = "d"\nfeatures = "hog"\nthen = ["action_units"]\n'
        '[[runs]]\nname = "e"\nfeatures = "several:parts=pixels | pretrained"\n'
        '[[runs]]\nname = "f"\nfeatures = "geometry:aligned=True"\n'
        '[[runs]]\nname = "g"\nfeatures = "patches:n_words=9"\n'
        '[[runs]]\nname = "h"\nfeatures = "several:parts=geometry:aligned=True|hog"\n'
    )
    told = dict.fromkeys("adefgh", "PublicTest of FER2013") | {"b": "PublicTest", "c": "nothing"}
    for _ in ("made", "taken up again"):
        runs = fer_cluster.compare(tmp_path / "e.toml", faces, tmp_path / "out")
        assert {run.name: run.spec["chosen_with"] for run in runs} == told


@pytest.mark.parametrize(
    "features, chosen",
    [
        ("geometry:True", True),
        ("several:parts=geometry:True|hog", True),
        ("several:parts=hog|regions:mouth;aligned=True", True),
        ("neutral_residual:describe=regions:aligned=True", True),
        ("regions:feature=geometry: True", True),
        (Geometry(aligned=True), True),
        ("geometry", False),
        ("several:parts=geometry:aligned=False|hog:mirror=True", False),
    ],
    ids=str,
)
def test_that_the_registration_was_chosen_by_labels_is_told_wherever_it_is_named(features, chosen):
    params = parameters(Chain(made("features", features, 0)))
    told = chosen_by("nothing", {"features": text(features), "then": []}, params)
    assert told == ("PublicTest of FER2013" if chosen else "nothing")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Return a copy of the shipped encoder's folder."""
    return shutil.copytree(_encoders.HOME, tmp_path_factory.mktemp("own") / "enc")


def test_a_folder_may_be_told_from_the_home_directory(images, shipped, monkeypatch):
    monkeypatch.setenv("HOME", str(shipped.parent))
    part = Pretrained(folder="~/enc")
    np.testing.assert_array_equal(part.fit_transform(images), Pretrained().fit_transform(images))
    assert _encoders.digest(part.folder) == _encoders.digest()
    assert parameters(Chain(part))["features"]["folder"] == "~/enc"


def test_the_folders_of_encoders_are_found_in_texts():
    texts = ["pretrained:code=body;folder=~/a > whiten:4 | pretrained", "hog", "hog|pretrained:folder = b"]
    assert _encoders.folders_in(texts) == ["~/a", "", "b"]


WHOLE, HALF = {"subspace.weights": 1.0, "subspace.level": np.nan}, {"subspace.weights": 1.0}


@pytest.mark.parametrize(
    "damage, told",
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "cannot be read as a whole .safetensors"),
        (lambda path: path.write_bytes(b""), "cannot be read as a whole .safetensors file"),
        (lambda path: _write(path, HALF), "lacks subspace.level; it must have the weights and the level"),
        (lambda path: _write(path, WHOLE), "has values that are not finite; all must be"),
    ],
    ids=["cut", "empty", "lacking", "not finite"],
)
def test_readings_that_are_damaged_are_told(images, shipped, tmp_path, damage, told):
    own = shutil.copytree(shipped, tmp_path / "enc")
    damage(own / "codes.safetensors")
    with pytest.raises(InputError, match=f"codes.safetensors {told}"):
        Pretrained(folder=str(own)).fit(images)


def _write(path, numbers):
    save_file({name: np.full((2, 2), number, np.float32) for name, number in numbers.items()}, path)

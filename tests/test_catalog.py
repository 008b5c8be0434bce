import pytest

from fer_cluster import catalog
from fer_cluster.errors import InputError


def test_names_are_the_files():
    assert {"kmeans", "gmm", "spherical", "chance", "one"} <= set(catalog.names("clusterers"))
    assert not [name for kind in catalog.KINDS for name in catalog.names(kind) if name.startswith("_")]


def test_an_unknown_part_names_the_nearest():
    with pytest.raises(InputError, match="features has no 'pixel'; it has .*pixels.*Did you mean 'pixels'"):
        catalog.find("features", "pixel")


def test_an_unknown_kind():
    with pytest.raises(InputError, match="Did you mean 'features'"):
        catalog.names("feature")


def test_parameters_in_text():
    gmm = catalog.make("clusterers", "gmm:covariance_type=tied,n_clusters=9", random_state=3)
    assert (gmm.covariance_type, gmm.n_clusters, gmm.random_state) == ("tied", 9, 3)


def test_the_first_parameter_needs_no_name():
    assert catalog.make("steps", "whiten:64").n_components == 64


def test_a_parameter_of_several_values():
    step = catalog.make("steps", "self_training:n_names=(20,40),n_rounds=3")
    assert (step.n_names, step.n_rounds) == ((20, 40), 3)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("whiten:64,32", "a parameter without a name"),
        ("whiten:n_components=64,n_components=32", "n_components"),
        ("whiten:64,n_components=32", "n_components"),
    ],
)
def test_what_is_told_twice_is_refused(text, what):
    with pytest.raises(InputError, match=f"^steps '{text}' tells {what} twice; give each parameter once"):
        catalog.make("steps", text)


def test_text_overrules_parameters():
    assert catalog.make("clusterers", "kmeans:n_clusters=20", n_clusters=7).n_clusters == 20


def test_an_unknown_parameter_names_the_nearest():
    with pytest.raises(InputError, match="has no 'n_component'; it has .*Did you mean 'n_components'"):
        catalog.make("features", "pixels:n_component=3")


def test_a_parameter_of_a_part_without_any():
    with pytest.raises(InputError, match="takes no parameter"):
        catalog.make("steps", "unit:3")


def test_parts_from_outside_the_package():
    cluster = catalog.make("clusterers", "sklearn.cluster:KMeans:n_clusters=3")
    assert type(cluster).__module__.startswith("sklearn") and cluster.n_clusters == 3
    with pytest.raises(InputError, match="not importable"):
        catalog.find("clusterers", "no_such_module:KMeans")


def test_objects_are_returned_as_they_are():
    part = object()
    assert catalog.make("features", part) is part


@pytest.mark.parametrize("value", ["3", "0.5", "True", "None"])
@pytest.mark.parametrize(
    ("kind", "part", "key"),
    [
        ("features", "brightness", "names"),
        ("features", "regions", "region"),
        ("steps", "remove_nuisances", "names"),
        ("clusterers", "gmm", "covariance_type"),
    ],
)
def test_a_word_stays_one_and_is_told_from_those_that_a_part_has(kind, part, key, value):
    made = catalog.make(kind, f"{part}:{key}={value}")
    assert getattr(made, key) == value
    with pytest.raises(InputError, match=f"{key} has no '{value}'; it has "):
        made.check()


@pytest.mark.parametrize(
    ("kind", "part", "key"),
    [
        ("features", "pretrained", "folder"),
        ("analysis", "transfer", "to"),
        ("datasets", "fer2013", "path"),
        ("datasets", "fer2013", "votes"),
        ("datasets", "folder", "skip_bad"),
    ],
)
def test_a_folder_or_a_file_may_be_called_as_a_number(kind, part, key):
    for name in ("2013", "1e3", "None"):
        assert getattr(catalog.make(kind, f"{part}:{key}={name}"), key) == name


def test_a_quoted_word_is_that_word():
    assert catalog.make("features", "pretrained:folder='2013'").folder == "2013"


def test_a_part_from_outside_may_have_a_number_for_a_word():
    assert catalog.make("clusterers", "sklearn.cluster:KMeans:n_init=3").n_init == 3


@pytest.mark.parametrize(
    ("kind", "part", "told"),
    [
        ("clusterers", "kmeans:n_init=abc", "n_init must be a number, got 'abc'"),
        ("features", "hog:mirror=true", "mirror must be True or False, got 'true'"),
        ("steps", "whiten:abc", "n_components must be a number, got 'abc'"),
    ],
)
def test_a_word_for_a_number(kind, part, told):
    with pytest.raises(InputError, match=told):
        catalog.make(kind, part)

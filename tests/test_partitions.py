"""Partitions of one clustering, where it is known which is emotion and which is the light."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from test_classifier_plots import make_run
from test_non_redundant import two_labellings

from fer_cluster.analysis.partitions import Partitions
from fer_cluster.clusterers.non_redundant import NonRedundant
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.tables import tabulate

QUICK = Partitions(permutations=40)
FITTED = np.arange(600) < 300
PARAMS = {"n_clusters": 3, "n_partitions": 2}


@pytest.fixture(scope="module")
def lit():
    """Return features in which first the light and then emotion shows, and such faces."""
    x, light, emotion = two_labellings()
    images = 60 + 50 * light[:, None, None] + np.random.default_rng(1).integers(0, 20, size=(600, 12, 12))
    about = pd.DataFrame({"emotion": np.array(["angry", "disgust", "fear"])[emotion]})
    return x.astype(np.float32), Faces(images.astype(np.uint8), about, "lit")


def clustered(lit, seeds=(0, 1), clusterer="non_redundant:n_partitions=2", **given):
    """Return a run whose clusters are what the clusterer chooses."""
    x, faces = lit
    fits = [NonRedundant(random_state=seed, **PARAMS | given).fit(x[FITTED]) for seed in seeds]
    emotion = faces.about["emotion"].cat.codes.to_numpy()
    spec = {"kind": "clusterer", "clusterer": clusterer, "fingerprint": faces.fingerprint}
    spec["params"] = {"clusterer": PARAMS | given | {"choose": fits[0].choose}}
    part = np.where(FITTED, "train", "test")
    run = make_run(emotion, [fit.predict(x) for fit in fits], name="two", part=part, **spec)
    return replace(run, features=x), fits


def test_one_partition_is_the_lamp_and_one_is_emotion(lit):
    run, fits = clustered(lit)
    table = QUICK.table([run], lit[1])
    assert table[["seed", "partition"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert table["follows"].tolist() == ["brightness", "emotion"] * 2 and (table["n"] == 300).all()
    assert table["chosen"].tolist() == [place == fit.chosen_ for fit in fits for place in (0, 1)]
    np.testing.assert_array_equal(table["stability"], np.concatenate([fit.stability_ for fit in fits]))
    np.testing.assert_allclose(table.loc[table["chosen"], "ari_with_run"], 1)
    assert (table.loc[~table["chosen"], "ari_with_run"].abs() < 0.02).all()
    assert (table.loc[table["partition"] == 1, "ami_brightness"].abs() < 0.02).all()


def test_its_ami_is_that_of_scikit_learn_on_the_part_reported(lit):
    run, (fit, _) = clustered(lit)
    row = QUICK.table([run], lit[1]).iloc[1]
    fit.chosen_ = 1
    emotion = run.faces["emotion"][~FITTED]
    theirs = adjusted_mutual_info_score(emotion, fit.predict(lit[0][~FITTED]))
    assert row["ami_emotion"] == pytest.approx(theirs) and theirs > 0.9


def test_the_sentence_tells_whether_emotion_was_chosen(lit):
    run, _ = clustered(lit, choose="first")
    table = QUICK.table([run], lit[1])
    chosen, nearest = (table.loc[table["partition"] == place, "ami_emotion"].mean() for place in (0, 1))
    assert QUICK.say(table) == (
        "two on 300 faces of test, 4 partitions of 2 seeds: those chosen without labels follow most "
        "brightness (2), those left emotion (2); in 0 of 2 seeds the one nearest to emotion was chosen "
        f"(AMI with emotion {chosen:.3f} on average, where the nearest have {nearest:.3f})."
    )
    table["chosen"] = ~table["chosen"]
    assert "in 2 of 2 seeds the one nearest to emotion was chosen" in QUICK.say(table)


def test_labels_choose_nothing_and_are_not_needed(lit):
    run, _ = clustered(lit, seeds=(0,))
    no_label = run.faces["emotion"].where(np.zeros(600, bool))
    blind = replace(run, faces=run.faces.assign(emotion=no_label))
    table, seen = QUICK.table([blind], lit[1]), QUICK.table([run], lit[1])
    pd.testing.assert_frame_equal(table[["chosen", "stability"]], seen[["chosen", "stability"]])
    assert "ami_emotion" not in table and table["follows"].fillna("").tolist() == ["brightness", ""]
    said = QUICK.say(table)
    assert "of test, 2 partitions of 1 seed: those" in said and "nothing measured (1)" in said
    assert said.endswith("; there are no labels to tell of emotion.")


def test_one_partition_leaves_none(lit):
    run, _ = clustered(lit, seeds=(0,), n_partitions=1)
    table = QUICK.table([run], lit[1])
    assert table["chosen"].tolist() == [True] and "those left nothing (0)" in QUICK.say(table)


def test_other_clusterers_and_other_faces_are_explained(lit):
    run, _ = clustered(lit, clusterer="kmeans")
    with pytest.raises(
        InputError, match="^partitions are those of non_redundant; 'two' is clustered by kmeans"
    ):
        QUICK.table([run], lit[1])
    run, _ = clustered(lit)
    run.spec["dataset"]["fingerprint"] = "g"
    with pytest.raises(InputError, match="'two' was made of other faces than these of 'lit'"):
        QUICK.table([run], lit[1])


def test_written_where_asked_for(lit, tmp_path):
    run, _ = clustered(lit, seeds=(0,))
    paths = tabulate([run], tmp_path, ["partitions"], lit[1])
    assert [path.name for path in paths] == [f"partitions_two_paper.{x}" for x in ("csv", "md", "tex")]
    assert "| ami brightness |" in paths[1].read_text(encoding="utf-8")
    with pytest.raises(InputError, match="looks at the images"):
        tabulate([run], tmp_path, ["partitions"])

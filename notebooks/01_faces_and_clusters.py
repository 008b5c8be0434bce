# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Faces and clusters
#
# What does an unsupervised method find in faces: emotion, or the lamp in the room?
# This notebook walks once through the toolkit: faces, features, clusters, scores, pictures.
# It runs on the built-in toy faces, which are drawn; for FER2013 change one line, as the next cell says.

# %%
# %matplotlib inline
# %config InlineBackend.print_figure_kwargs = {"dpi": 96}
import fer_cluster

# %% [markdown]
# ## Faces
# `load` takes `"toy"`, `"fer2013"` or a path: `fer2013.csv`, `icml_face_data.csv`, a folder of images, `.npz`, `.parquet`.
# For FER2013: `faces = fer_cluster.load("path/to/fer2013.csv")`.

# %%
faces = fer_cluster.load("toy")
faces

# %% [markdown]
# One row of `about` belongs to each face. On toy faces it also holds what is usually hidden: who it is, the light, the pose.

# %%
faces.about.head()

# %% [markdown]
# ## The paper's pipeline
# Standardise the pixels, keep 50 principal components, cluster with K-Means into seven clusters. No label is used:
# everything is fitted on the Training part. Ten seeds, so that luck has a name.

# %%
run = fer_cluster.cluster(faces, features="pixels", clusterer="kmeans", k=7)
print(run)

# %% [markdown]
# The picture of the paper: one point a face, coloured by true emotion; beside it the same points, coloured by cluster.

# %%
from fer_cluster.plots.scatter import Scatter

scatter = Scatter()
scatter.draw(scatter.data([run]))

# %% [markdown]
# ## What the eye does not tell
# AMI is 0 for random clusters and 1 for perfect ones. `named_accuracy` names the clusters on Training labels and scores the
# names on other faces: the only figure that may stand beside a classifier's accuracy. Purity means nothing without the
# purity that the same cluster sizes have by chance.

# %%
table = run.scores_table()
report = table[(table["part"] == run.spec["report"]) & (table["duplicates"] == "with")]
report.set_index("metric")[["mean", "sd", "low", "high"]].round(3)

# %% [markdown]
# Which emotion lies in which cluster, and how many would be there by chance:

# %%
from fer_cluster.plots.contingency import Contingency

contingency = Contingency()
contingency.draw(contingency.data([run]))

# %% [markdown]
# The faces nearest to the middle of each cluster. What do the faces of one row share: an emotion, or light, skin and pose?

# %%
from fer_cluster.plots.montage import Montage

montage = Montage()
montage.draw(montage.data([run]))

# %% [markdown]
# The answer can be computed on any faces. AMI of the clusters with emotion, and with the mean grey value of the image cut
# into seven equal parts:

# %%
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score

brightness = pd.qcut(faces.images.mean(axis=(1, 2)), 7, labels=False)
emotion = faces.about["emotion"].cat.codes
cluster = run.faces["cluster"]
pd.Series(
    {
        "emotion": adjusted_mutual_info_score(emotion, cluster),
        "brightness": adjusted_mutual_info_score(brightness, cluster),
    },
    name="AMI of the clusters with",
).round(3)

# %% [markdown]
# ## Other features
# Gradients instead of grey values, mirrored and whitened, of unit length; and the controls that every table needs.

# %%
hog = fer_cluster.cluster(faces, "hog:mirror=True", "kmeans", then=["whiten:128", "unit"], name="hog-kmeans")
chance = fer_cluster.cluster(faces, "pixels", "chance", name="chance")
one = fer_cluster.cluster(faces, "pixels", "one", name="one")

# %%
from fer_cluster.plots.scores import Scores

scores = Scores()
scores.draw(scores.data([run, hog, chance, one]))

# %% [markdown]
# On these 200 drawn faces the gradients find hardly more than chance gives; on FER2013 they raise AMI from 0.017 to 0.039. What does
# find emotion is in notebook 04.

# %% [markdown]
# A plain scikit-learn pipeline can be handed over as it is:

# %%
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

plain = fer_cluster.cluster(faces, make_pipeline(StandardScaler(), PCA(50), KMeans(7)), seeds=3, name="plain")
plain

# %% [markdown]
# ## On FER2013
# The same cells on `fer2013.csv` give the figures of the README. Nothing else changes: the official split is used
# (fitted on Training, reported on PrivateTest), or the paper's with `split="paper"`.

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
# # Your own faces
#
# What is in a folder of faces that nobody has labelled? Load it, see what is wrong with it, cluster it, choose between
# clusterings without a label, look at every face on a map; then add labels, and let the clusters doubt them.
#
# Here the folder is made of drawn faces, so that what is found can be checked. With faces of your own leave out the cell
# that makes it and the last one, and write `faces = fer_cluster.load("path/to/folder")`; FER2013 is `fer_cluster.load("path/to/fer2013.csv")`. Faces should be upright and fill the image.

# %%
# %matplotlib inline
# %config InlineBackend.print_figure_kwargs = {"dpi": 96}
import tempfile
from pathlib import Path

from PIL import Image

import fer_cluster

# %% [markdown]
# ## A folder
# 600 drawn faces as PNG files, one of them twice, and a black image.

# %%
drawn = fer_cluster.load("toy:n=600")
place = tempfile.TemporaryDirectory()
folder = Path(place.name) / "my faces"
folder.mkdir()
for row, image in enumerate(drawn.images):
    Image.fromarray(image).save(folder / f"{row:04}.png")
Image.fromarray(drawn.images[7]).save(folder / "copy.png")
Image.fromarray(0 * drawn.images[7]).save(folder / "black.png")

# %% [markdown]
# One line loads it. Folders named after splits or emotions would tell both; these faces have neither.

# %%
faces = fer_cluster.load(folder)
faces

# %% [markdown]
# ## What is wrong with it
# Blank images, copies and near copies are found before anything is computed. They are left out here.

# %%
from fer_cluster.audit import found

findings = found(faces)
wrong = findings["finding"].isin(["constant", "surplus copy"])
faces = faces[~faces.about.index.isin(findings.loc[wrong, "face"])]
findings

# %% [markdown]
# ## Clusters
# The shipped encoder needs no training, no download and no label. Without labels there is nothing to score; there is a map, and there are the faces
# in the middle of each cluster.

# %%
pretrained = fer_cluster.cluster(faces, "pretrained", "spherical", name="pretrained")
pretrained

# %%
from fer_cluster.plots.montage import Montage

Montage().draw(Montage().data([pretrained]))

# %% [markdown]
# ## Which clustering, without a label?
# Three criteria rank clusterings of the same faces: whether other seeds give the same clusters, whether the clusters lie apart in a
# space that is common to all, whether the others agree.

# %%
from fer_cluster.analysis.choosing import Choosing

hog = fer_cluster.cluster(faces, "hog:mirror=True", "kmeans", then=["whiten:64", "unit"], name="hog")
pixels = fer_cluster.cluster(faces, "pixels", "kmeans", name="pixels")
chosen = Choosing().table([pretrained, hog, pixels])
print(Choosing().say(chosen))
chosen.set_index("run")[["stability", "silhouette", "agreement", "mean_rank"]].round(3)

# %% [markdown]
# How many clusters? Eight criteria, and they seldom agree: faces form no neat heaps.

# %%
from fer_cluster.plots.choose_k import ChooseK

choose_k = ChooseK(ks=(2, 3, 4, 5, 6, 7, 8, 10))
choose_k.draw(choose_k.data([pretrained]))

# %% [markdown]
# ## Names without a label
# The textbook of facial action gives clusters that have names: how many faces look like each emotion. Happy and surprise can be
# trusted most; fear and disgust are hardly found.

# %%
textbook = fer_cluster.cluster(
    faces, "pretrained:code=expressions", "strongest:threshold=0", seeds=1, name="textbook"
)
names = faces.about["emotion"].cat.categories[textbook.faces["cluster"]]
right = (names == drawn.about["emotion"].to_numpy(str)).mean()  # of drawn faces it is known
print(f"{right:.0%} of the drawn faces are named rightly (on FER2013 45 %)")
names.value_counts().rename("faces that look so")

# %% [markdown]
# ## See every face
# Point at a face on the map of the encoder. The map is live: run the cell to see it.

# %%
fer_cluster.face_map(pretrained, faces)

# %% [markdown]
# ## Labels
# Labels are a column of `about`: here from a table of files, as someone may have typed them, one in twenty wrongly. With a table
# of your own: `typed = dict(zip(table["file"], table["emotion"]))`, without the two lines that mistype.

# %%
import numpy as np

typed = {f"{row:04}.png": emotion for row, emotion in enumerate(drawn.about["emotion"])}
about = faces.about.assign(emotion=faces.about["file"].map(typed))
wrong = about.sample(frac=0.05, random_state=0).index
about.loc[wrong, "emotion"] = np.where(about.loc[wrong, "emotion"] == "sad", "happy", "sad")
labelled = fer_cluster.Faces(faces.images, about, "my faces")
labelled

# %% [markdown]
# Now clusterings have scores: the same recipes, fitted anew on four fifths of the faces, are scored on the others.

# %%
parts = {
    "pretrained": ("pretrained", "spherical"),
    "pixels": ("pixels", "kmeans"),
    "chance": ("pixels", "chance"),
}
runs = fer_cluster.Runs(fer_cluster.cluster(labelled, *pair, name=name) for name, pair in parts.items())
runs

# %% [markdown]
# ## Labels that look wrong
# Clusters and nearest faces doubt a label where others like it are called otherwise. Of thirty labels at random one or two would be
# wrong; of the thirty most doubted ones, how many are? Look at each, and do not relabel by machine: `confidence` only orders the
# faces, it is no probability.

# %%
from fer_cluster.analysis.label_audit import LabelAudit

doubted = LabelAudit(shown=30).table(runs[:1])
doubted["typed wrongly"] = doubted["face"].isin(wrong)
print(
    f"{doubted['typed wrongly'].mean():.0%} of the {len(doubted)} labels doubted most, {len(wrong) / len(faces):.0%} of all"
)
doubted[["file", "emotion", "suggested", "confidence", "typed wrongly"]].head(10).round(3)

# %%
place.cleanup()

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
# # Beyond pixels
#
# How much of the emotion can clusters find when they look at something better than pixels, and still see no label?
# Six descriptions of the same faces, from the paper's to a net that was trained without a label, scored side by side.
#
# No label is used in any fit, which has no argument for one; a few settings were once chosen by the labels of FER2013's PublicTest. On FER2013 change one line:
# `faces = fer_cluster.load("path/to/fer2013.csv")`; everything here is done in minutes, for the encoder is already trained.

# %%
# %matplotlib inline
# %config InlineBackend.print_figure_kwargs = {"dpi": 96}
import fer_cluster

# %%
faces = fer_cluster.load("toy")
faces

# %% [markdown]
# ## Where the edges run
# Histograms of oriented gradients (HOG) do not see how bright a face is. Whitening makes all directions count alike.

# %%
pixels = fer_cluster.cluster(faces, "pixels", "kmeans", name="pixels")
hog = fer_cluster.cluster(faces, "hog:mirror=True", "kmeans", then=["whiten:64", "unit"], name="hog")

# %% [markdown]
# ## What a lamp does not change
# `signal_to_nuisance` moves, turns and relights each face a little, and keeps the directions in which faces differ most from one
# another and least from themselves. Here on the gradients of eyes and mouth, and on `patches`, the commonest small patches of edges.

# %%
steady = fer_cluster.cluster(
    faces, "hog:mirror=True,region=eyes_mouth", "kmeans", then=["signal_to_nuisance:8"], name="hog, steady"
)
patches = fer_cluster.cluster(
    faces, "patches", "kmeans", then=["signal_to_nuisance:8"], name="patches, steady"
)

# %% [markdown]
# ## A net that named the faces itself
# `pretrained` was trained on FER2013 without a label; it is in the package and has never seen a drawn face. Its directions
# are clustered by their cosine.

# %%
pretrained = fer_cluster.cluster(faces, "pretrained", "spherical", name="pretrained")
pretrained

# %% [markdown]
# ## What the textbook says
# The Facial Action Coding System tells in words which muscles an emotion moves. `expressions` reads that off the faces, and each face goes to its strongest
# expression, or to neutral where none is strong. These clusters have names of their own before any label is seen;
# to be scored they are nevertheless named on labels of Training, as all others.

# %%
textbook = fer_cluster.cluster(
    faces, "pretrained:code=expressions", "strongest:threshold=0", seeds=1, name="textbook"
)

# %% [markdown]
# ## Side by side
# The controls belong in every table: clusters by lot, and one cluster for all faces. Each run records that no label went into a fit.

# %%
chance = fer_cluster.cluster(faces, "pixels", "chance", name="chance")
one = fer_cluster.cluster(faces, "pixels", "one", name="one")
runs = fer_cluster.Runs([pixels, hog, steady, patches, pretrained, textbook, chance, one])
assert {run.spec["labels"] for run in runs} == {"none"}
runs

# %%
from fer_cluster.plots.scores import Scores

Scores().draw(Scores().data(runs))

# %% [markdown]
# ## How far from chance
# The same clusters, with the emotions dealt to the faces anew, 999 times.

# %%
from fer_cluster.analysis.chance import Chance

analysis = Chance()
table = analysis.table(runs[:6])
print(analysis.say(table))
by_ami = table[table["metric"] == "ami"].set_index("run").sort_values("value", ascending=False)
by_ami[["value", "null", "high", "p"]].round(3)

# %% [markdown]
# ## Without any label: which to take?
# Where faces have no labels there is no score. Three criteria that need none rank the clusterings, and the best mean rank is
# chosen; a run of one seed has no stability and goes by the other two. The last column, for which labels are needed, tells
# whether they chose well. All of this is on PublicTest, so that AMI is another than above.

# %%
from fer_cluster.analysis.choosing import Choosing

choosing = Choosing()
chosen = choosing.table(runs[:6])
print(choosing.say(chosen))
chosen.set_index("run")[["stability", "silhouette", "agreement", "mean_rank", "ami"]].round(3)

# %% [markdown]
# ## What lies in the clusters
# The faces in the middle of each cluster of the encoder, and the emotions of all its PrivateTest faces.

# %%
from fer_cluster.plots.montage import Montage

Montage().draw(Montage().data([pretrained]))

# %% [markdown]
# The textbook's clusters against the true emotions: what does it call what?

# %%
from fer_cluster.plots.contingency import Contingency

Contingency().draw(Contingency().data([textbook]))

# %% [markdown]
# On drawn faces gradients, patches and encoder are about equal. On FER2013 the encoder is clearly ahead: AMI 0.179 with K-Means, where patches
# have 0.095 and gradients of eyes and mouth 0.085; by the textbook 0.208. See the table in the README.

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
# # Emotion or nuisance
#
# A clustering looks tidy. Does it follow emotion, or light, skin, glasses and the turn of the head? Four questions to one
# clustering: which fact about the faces do its clusters follow, are they better than chance, is its purity more than a large
# number of clusters, and does it come out again?
#
# On drawn faces the answer is known, because every circumstance was drawn. On FER2013 change one line:
# `faces = fer_cluster.load("path/to/fer2013.csv")`; the nuisances are then measured on the images.

# %%
# %matplotlib inline
# %config InlineBackend.print_figure_kwargs = {"dpi": 96}
import fer_cluster

# %% [markdown]
# ## Two clusterings of the same faces
# The paper's pixels with K-Means, and the shipped encoder, which was trained on FER2013 without a label and has never seen a drawn face.

# %%
faces = fer_cluster.load("toy")
pixels = fer_cluster.cluster(faces, "pixels", "kmeans")
pretrained = fer_cluster.cluster(faces, "pretrained", "spherical")
fer_cluster.Runs([pixels, pretrained])

# %%
pixels

# %% [markdown]
# ## What the clusters follow
# The mutual information of the clusters with emotion, and in the same way with every nuisance, corrected for chance (AMI). What
# is followed lies above the band that the same cluster sizes reach by chance. The verdict in words, then the three factors each follows most:

# %%
from fer_cluster.analysis.nuisance import Nuisance

nuisance = Nuisance()
table = nuisance.table([pixels, pretrained], faces)
print(*nuisance.verdicts(table)[0], *nuisance.verdicts(table)[1], sep="\n")
shown = ["run", "factor", "source", "ami", "null_high", "p_corrected", "difference", "low", "high"]
table.groupby("run", sort=False).head(3)[shown].round(3)

# %% [markdown]
# The picture of it. Left: every factor, emotion among them. Right: a row for each nuisance, a column for each cluster: how far
# the cluster lies off, in standard deviations. A dark cell: this cluster collects that nuisance.

# %%
from fer_cluster.plots.nuisance import Nuisance as NuisancePlot

NuisancePlot().draw(NuisancePlot().data([pixels], faces))

# %%
NuisancePlot().draw(NuisancePlot().data([pretrained], faces))

# %% [markdown]
# ## Measured, or known?
# Brightness is measured on the image; skin, hair, background and lamp make it together. Of drawn faces each of these is known, too.
# Those that the clusters follow most:

# %%
by_factor = table.pivot(index=["source", "factor"], columns="run", values="ami")
by_factor.sort_values("pixels-kmeans", ascending=False).head(10).round(3)

# %% [markdown]
# ## Better than chance?
# Emotions are dealt anew to the faces 999 times; the band holds 95 % of what the same clusters score then.

# %%
from fer_cluster.plots.chance import Chance

Chance().draw(Chance().data([pixels, pretrained]))

# %% [markdown]
# ## Is it only that there are many clusters?
# Purity grows with the number of clusters, for chance too. Only the distance from the band counts.

# %%
from fer_cluster.plots.purity_k import PurityK

purity = PurityK(ks=(2, 4, 7, 10, 15, 20, 30))
purity.draw(purity.data([pixels, pretrained]))

# %% [markdown]
# ## Does it come out again?
# A clustering that changes whenever other faces are drawn tells nothing about faces. Each cluster is looked for in refits on
# faces drawn anew. Stable is not the same as right: glasses make stable clusters, too.

# %%
from fer_cluster.plots.stability import Stability

stability = Stability(refits=10)
stability.draw(stability.data([pixels, pretrained]))

# %% [markdown]
# ## See for yourself
# Every point is a face; point at it. Take one clustering or the other, and colour the map by emotion, by cluster, by a nuisance.
# The map is live: run the cell to see it; `fer_cluster.face_map(...).save("map.html")` keeps it.

# %%
fer_cluster.face_map([pixels, pretrained], faces)

# %% [markdown]
# ## The verdict
# K-Means on pixels follows how bright the picture is, and emotion hardly. The encoder follows emotion most, and of the nuisances
# the light from above or below; of the drawn glasses it follows next to nothing, as it learnt with glasses drawn.
# On FER2013 pixels follow brightness too, with a trace of emotion, and the encoder follows emotion: see the README and
# `figures/emotion_or_nuisance_official.png`.

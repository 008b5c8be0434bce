"""A general vision transformer, adapted to emotion by training almost none of it."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster.errors import InputError, unknown
from fer_cluster.training.classifier import Classifier

__all__ = ["AdaptedVit"]

_ALLOWED = {"adaptation": ("lora", "prompts", "head", "all"), "pool": ("mean", "class")}


@dataclass(eq=False, repr=False)
class AdaptedVit(Classifier):
    """General vision transformer adapted by low-rank updates, prompts or a head alone.

    The idea of Schuller et al. 2023 (a language model, adapted to the emotion of
    texts), for images. With the default sizes, ``lora`` trains 1.4 % of the
    parameters, ``prompts`` 0.5 %, ``head`` 0.05 %.

    Parameters
    ----------
    adaptation : str
        ``lora``: low-rank updates of query and value (Hu et al. 2022);
        ``prompts``: tokens at every layer (deep prompts, Jia et al. 2022);
        ``head``: the last layer alone, as it is in the others too; ``all``:
        every parameter.
    weights : str
        ``masked``: learnt here, without labels, from three quarters of the
        patches of each training image being hidden (He et al. 2022). ``hub``,
        or the path of a .safetensors file: a transformer of timm's, whose
        ``patch``, ``width``, ``depth``, ``heads`` and ``pool`` must be given
        and whose images were scaled to -1..1.
    repository : str
        Where the hub keeps the file ``model.safetensors``; this one needs
        ``patch=16, depth=12, pool="class"`` and a ``side`` such as 96 or 224.
    pretrain_epochs : int
        Of ``masked``; 0 leaves random weights, worth nothing.
    side : int
        Images are resampled to this many pixels, a multiple of ``patch``.
    patch : int
        Side of a patch in pixels.
    width, depth, heads : int
        Length of a token, number of layers, heads of attention.
    pool : str
        The head reads the ``mean`` of the patches or the ``class`` token.
    rank : int
        Of the low-rank updates.
    alpha : float
        They are scaled by ``alpha / rank``.
    prompts : int
        Tokens that are learnt at each layer.

    Attributes
    ----------
    trained_share_ : float
        Trained parameters by all parameters, 0..1.
    pretraining_history_ : pandas.DataFrame
        Loss per epoch on hidden patches; only with ``weights="masked"``.
    """

    from_zero: ClassVar[tuple[str, ...]] = ("random_state", "crop", "pretrain_epochs")

    adaptation: str = "lora"
    weights: str = "masked"
    repository: str = "timm/vit_tiny_patch16_224.augreg_in21k"
    pretrain_epochs: int = 30
    side: int = 48
    patch: int = 6
    width: int = 192
    depth: int = 6
    heads: int = 3
    pool: str = "mean"
    rank: int = 8
    alpha: float = 16.0
    prompts: int = 10
    optimiser: str = "adamw"
    schedule: str = "cosine"

    @property
    def trained_share_(self):
        """Trained parameters by all parameters, 0..1."""
        from fer_cluster.baselines._adapters import trained_share

        return trained_share(self.net_)

    def learnt(self):
        """Return what was learnt besides the weights, as JSON can hold it, and how little was trained."""
        return super().learnt() | {"trained_share": self.trained_share_}

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed)
        if self.patch < 2:
            raise InputError(f"patch must be 2 pixels or more, got {self.patch}.")
        if self.side % self.patch:
            raise InputError(f"side must be a multiple of patch ({self.patch}), got {self.side}.")
        if self.width % self.heads or self.width % 4:
            raise InputError(f"width must be a multiple of heads ({self.heads}) and of 4, got {self.width}.")
        if self.pixels != "unit":
            raise InputError(f"adapted_vit takes pixels 'unit', not {self.pixels!r}.")

    def net(self, height, width, n_classes):
        """Return the adapted module: images (b, 1, height, width) -> logits (b, n_classes)."""
        from fer_cluster.baselines._adapters import adapt

        trunk = self._trunk(n_classes)
        return adapt(trunk, self.adaptation, rank=self.rank, alpha=self.alpha, prompts=self.prompts)

    def prepare(self, net, images, checkpoint):
        """Return the net with what the transformer learnt elsewhere, or here from images alone.

        Raises
        ------
        InputError
            Where weights cannot be had or do not fit.
        """
        trunk = self._trunk(net.head.out_features)
        if self.weights == "masked":
            self._pretrain(trunk, images, checkpoint)
        else:
            self._load(trunk)
        known = {name: tensor for name, tensor in trunk.state_dict().items() if not name.startswith("head.")}
        net.load_state_dict(known, strict=False)
        return net

    def _trunk(self, n_classes):
        from fer_cluster.baselines._vit import VisionTransformer

        sizes = {name: getattr(self, name) for name in ("side", "patch", "width", "depth", "heads", "pool")}
        return VisionTransformer(n_classes=n_classes, **sizes)

    def _pretrain(self, trunk, images, checkpoint):
        from fer_cluster.baselines._masked import pretrain
        from fer_cluster.training.recipe import Recipe

        if self.pretrain_epochs:
            same = {
                name: getattr(self, name) for name in ("batch_size", "random_state", "device", "precision")
            }
            recipe = Recipe(
                epochs=self.pretrain_epochs,
                optimiser="adamw",
                weight_decay=0.05,
                schedule="cosine",
                warm_up=self.pretrain_epochs / 10,
                **same,
            )
            self.pretraining_history_ = pretrain(trunk, images, recipe, checkpoint)

    def _load(self, trunk):
        from fer_cluster.baselines._vit import from_timm
        from fer_cluster.training.weights import find_weights, load_matching

        path = find_weights(self.weights, self.repository, "model.safetensors")
        grid = self.side // self.patch
        load_matching(trunk, path, skip=("head.",), change=lambda tensors: from_timm(tensors, grid))

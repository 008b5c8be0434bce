"""The torch modules of faces made neutral: two generators, two judges and their losses."""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import interpolate, leaky_relu, relu

from fer_cluster.training.body import standardised


class Generator(nn.Module):
    """A standardised face in, the face with another expression out: the change is added to it.

    Untrained it changes nothing.
    """

    def __init__(self, width):
        super().__init__()
        self.enter = nn.Sequential(nn.Conv2d(1, width, 5, padding=2), _norm(width), nn.ReLU())
        self.down = nn.ModuleList(_layer(width * n, 2 * width * n, 2) for n in (1, 2))
        self.middle = nn.ModuleList(_layer(4 * width, 4 * width, 1) for _ in range(3))
        self.up = nn.ModuleList(_layer(2 * width * n, width * n, 1) for n in (2, 1))
        self.leave = nn.Conv2d(width, 1, 5, padding=2)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, face):
        """Return the changed faces, (b, 1, height, width)."""
        sizes, x = [], self.enter(face)
        for layer in self.down:
            sizes.append(x.shape[2:])
            x = relu(layer(x))
        for layer in self.middle:
            x = relu(x + layer(x))
        for layer, size in zip(self.up, reversed(sizes), strict=True):
            x = relu(layer(interpolate(x, size)))
        return face + self.leave(x)


class Judge(nn.Module):
    """Tells patches of faces of one kind from made ones: (b, 1, h, w) to (b, 1, h / 4, w / 4)."""

    def __init__(self, width):
        super().__init__()
        self.first = nn.Conv2d(1, 2 * width, 4, 2, padding=1)
        self.second = _layer(2 * width, 4 * width, 2)
        self.last = nn.Conv2d(4 * width, 1, 3, padding=1)

    def forward(self, face):
        """Return what is 1 for a real face and 0 for a made one, patch by patch."""
        x = leaky_relu(self.first(face), 0.2)
        return self.last(leaky_relu(self.second(x), 0.2))


class Neutraliser(nn.Module):
    """The generator that is kept, and the principal axes of what it takes away."""

    def __init__(self, generator, pixels, n_components):
        super().__init__()
        self.generator = generator
        self.register_buffer("mean", torch.zeros(pixels))
        self.register_buffer("components", torch.zeros(n_components, pixels))

    def residual(self, images):
        """Return uint8 faces less their neutral selves, averaged with the mirrored ones, (b, pixels)."""
        x = standardised(images)
        x = torch.cat([x, x.flip(3)])
        face, mirrored = (x - self.generator(x)).float().chunk(2)
        return ((face + mirrored) / 2).flatten(1)

    def project(self, images):
        """Return the residuals on their principal components, (b, n_components)."""
        return (self.residual(images) - self.mean) @ self.components.T


class Cycle(nn.Module):
    """Generators there and back, and a judge of each kind of face, trained at once by one optimiser.

    A judge is asked twice. What the generators learn from it leaves its weights
    constant, what it learns itself leaves the made faces constant: the gradient of the sum
    is for each weight that of its own loss.
    """

    def __init__(self, to_neutral, width, cycle, identity):
        super().__init__()
        self.to_neutral, self.from_neutral = to_neutral, Generator(width)
        self.judges = nn.ModuleDict({"neutral": Judge(width), "expressive": Judge(width)})
        self.cycle, self.identity = cycle, identity

    def forward(self, images, neutral):
        """Return the sum of all losses of uint8 images (b, 1, height, width), neutral or not, bool (b,)."""
        x = standardised(images)
        x = torch.where(torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5, x.flip(3), x)
        calm, lively = x[neutral], x[~neutral]
        calmed, enlivened = self.to_neutral(x), self.from_neutral(x)
        return (
            self._judged("neutral", calm, calmed[~neutral])
            + self._judged("expressive", lively, enlivened[neutral])
            + self.cycle * _apart(_passed(self.from_neutral, calmed[~neutral]), lively)
            + self.cycle * _apart(_passed(self.to_neutral, enlivened[neutral]), calm)
            + self.identity * (_apart(calmed[neutral], calm) + _apart(enlivened[~neutral], lively))
        )

    def _judged(self, kind, real, made):
        """Return what the generator and what the judge of that kind of face have to lessen."""
        judge = self.judges[kind]
        constant = {name: weight.detach() for name, weight in judge.named_parameters()}
        fooled = _passed(lambda face: functional_call(judge, constant, (face,)), made)
        told = _passed(judge, real), _passed(judge, made.detach())
        return _mean((fooled - 1).square()) + _mean((told[0] - 1).square()) + _mean(told[1].square())


def _layer(inside, outside, stride):
    return nn.Sequential(nn.Conv2d(inside, outside, 3, stride, padding=1), _norm(outside))


def _norm(channels):
    return nn.InstanceNorm2d(channels, affine=True)


def _passed(net, x):
    """Return what a net makes of a batch, and of no face nothing: a batch may lack a kind."""
    return net(x) if len(x) else x


def _apart(one, other):
    """Return the mean absolute difference of two batches."""
    return _mean((one - other).abs())


def _mean(x):
    """Return the mean, 0 of nothing."""
    return x.sum() / max(x.numel(), 1)

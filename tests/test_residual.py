"""The residual block: what its shortcut passes on, and that no pixel is left out."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_cluster.baselines._resnet import resnet18
from fer_cluster.training.body import body
from fer_cluster.training.residual import Residual


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def bare(channels, stride):
    """Return a block whose branch is zero and whose convolution passes every channel on."""
    block = Residual(channels, channels, stride).eval()
    nn.init.zeros_(block.branch[-1].weight)
    for module in block.shortcut.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.dirac_(module.weight)
    return block


@pytest.mark.parametrize("side", [(1, 1), (2, 3), (5, 5), (11, 7), (44, 48)])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_sides_are_divided_by_the_stride_and_rounded_up(side, stride):
    made = Residual(3, 5, stride).eval()(torch.rand(2, 3, *side))
    assert made.shape == (2, 5, *(-(-length // stride) for length in side))


@pytest.mark.parametrize("side", [(4, 6), (5, 7), (1, 3)])
def test_a_halving_shortcut_takes_means_of_two_by_two(side):
    x = torch.rand(2, 3, *side)
    down, across = (range(0, length, 2) for length in side)
    means = [[x.numpy()[:, :, i : i + 2, j : j + 2].mean((2, 3)) for j in across] for i in down]
    means = np.moveaxis(np.array(means), (0, 1), (2, 3))  # at an odd edge of what is there
    np.testing.assert_allclose(bare(3, 2)(x).detach().numpy(), means, rtol=1e-4)


def test_without_stride_and_with_the_same_channels_it_passes_on_what_came():
    x = torch.rand(2, 4, 5, 7)
    assert torch.equal(bare(4, 1)(x), x)


def test_the_branch_is_added_before_the_sum_is_rectified():
    block, x = Residual(2, 2), torch.randn(3, 2, 5, 5)
    made = block(x)
    assert torch.equal(made, (block.branch(x) + x).clamp(min=0)) and (made == 0).any()


@pytest.mark.parametrize("inside, outside, stride", [(3, 3, 2), (3, 6, 2), (3, 6, 1)])
def test_gradients_reach_every_weight_and_every_pixel(inside, outside, stride):
    block, x = Residual(inside, outside, stride), torch.rand(2, inside, 7, 7, requires_grad=True)
    nn.init.zeros_(block.branch[-1].weight)  # so that pixels are reached through the shortcut alone
    nn.init.constant_(block.shortcut[-1].bias, 9)  # and none is rectified away
    block(x).square().sum().backward()
    assert block.shortcut[-2].weight.grad.any() and block.branch[-1].weight.grad.any()
    assert x.grad.any(1).all()


@pytest.mark.parametrize("net, blocks", [(resnet18(4, 7), 8), (body(4), 4)], ids=("resnet18", "body"))
def test_both_nets_are_made_of_it_and_no_narrow_convolution_skips_pixels(net, blocks):
    assert sum(isinstance(module, Residual) for module in net.modules()) == blocks
    convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    narrow = [module.stride for module in convolutions if module.kernel_size == (1, 1)]
    assert narrow == 3 * [(1, 1)]
    assert sum(module.stride == (2, 2) for module in convolutions) >= 3

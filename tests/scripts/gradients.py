"""Values and gradients of single layers by PyTorch, for tests/gradients.rs.

Run:  python tests/scripts/gradients.py tests/fixtures/gradients.safetensors      (needs torch and safetensors)

Each case holds its input, weight and bias, the gradient `pull` of its result, the result, and the gradients of the three, all
in the layout of src/ml/ops: channels last, weights with the outputs last.
"""
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(5)
tensors = {}


def case(name, x, weight, bias, layer):
    for tensor in (x, weight, bias):
        tensor.requires_grad_()
    y = layer(x, weight, bias)
    pull = torch.randn_like(y)
    grads = torch.autograd.grad((y * pull).sum(), (x, weight, bias))
    parts = dict(x=x, weight=weight, bias=bias, pull=pull, y=y, grad_x=grads[0], grad_weight=grads[1], grad_bias=grads[2])
    for part, value in parts.items():
        tensors[f"{name}.{part}"] = value.detach().contiguous().clone()


def picture(layer):
    """A layer on channels-first pictures as one on channels-last ones."""
    return lambda x, weight, bias: layer(x.permute(0, 3, 1, 2), weight, bias).permute(0, 2, 3, 1)


def full(weight, inputs):
    """[9 * inputs, outputs] as PyTorch's [outputs, inputs, 3, 3]."""
    return weight.reshape(3, 3, inputs, -1).permute(3, 2, 0, 1)


def each(weight):
    """[9, channels] as PyTorch's [channels, 1, 3, 3]."""
    return weight.t().reshape(-1, 1, 3, 3)


rand = torch.randn
case("conv_pool", rand(2, 4, 6, 3), rand(27, 4), rand(4),
     picture(lambda x, w, b: F.max_pool2d(F.relu(F.conv2d(x, full(w, 3), b, padding=1)), 2)))
case("stem", rand(2, 5, 6, 3), rand(27, 4), rand(4),
     picture(lambda x, w, b: F.relu6(F.conv2d(x, full(w, 3), b, stride=2, padding=1))))
for stride in (1, 2):
    case(f"depthwise{stride}", rand(1, 5, 4, 19), rand(9, 19), rand(19),
         picture(lambda x, w, b: F.relu6(F.conv2d(x, each(w), b, stride=stride, padding=1, groups=19))))
case("pointwise", rand(2, 3, 2, 7), rand(7, 5), rand(5), lambda x, w, b: F.relu(x @ w + b))
case("dense", rand(3, 11), rand(11, 5), rand(5), lambda x, w, b: x @ w + b)
save_file(tensors, sys.argv[1], metadata={"made_with": f"PyTorch {torch.__version__}"})

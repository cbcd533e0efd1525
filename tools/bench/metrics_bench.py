"""The peer of `npm run bench:metrics`: scipy's matrix root, numpy's covariance, PyTorch's Inception in eager mode.

usage: metrics_bench.py frechet|statistics|inception DIR SIZES THREADS [--channels-last]

Prints one JSON line: seconds, and a value that both programs must agree on.
"""
import json
import os
import sys
import time

task, folder, sizes, threads = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'):
    os.environ[name] = threads

import numpy as np  # noqa: E402, after the number of threads


def frechet():
    import scipy.linalg

    a, b = (dict(np.load(os.path.join(folder, name + '.npz'))) for name in 'ab')

    def work():
        root = scipy.linalg.sqrtm(a['sigma'] @ b['sigma'])
        return float(((a['mu'] - b['mu']) ** 2).sum() + np.trace(a['sigma'] + b['sigma']) - 2 * np.trace(root).real)

    return work


def statistics():
    block = np.load(os.path.join(folder, 'block.npy'))
    features = np.tile(block, (sizes['rows'] // sizes['block'], 1))

    def work():
        features.mean(axis=0, dtype=np.float64)
        return float(np.cov(features, rowvar=False).sum())

    return work


def inception():
    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    torch.set_num_threads(int(threads))
    counter = [0]

    def formula(shape, offset, factor):
        i = torch.arange(int(np.prod(shape)), dtype=torch.float64)
        turns = i * 0.6180339887498949 + counter[0] * 0.7548776662466927
        counter[0] += 1
        return (offset + factor * (2 * (turns % 1) - 1)).float().reshape(shape)

    class Conv(nn.Module):
        """Convolution, batch normalisation, max(x, 0), as torchvision's."""

        def __init__(self, inputs, outputs, size, stride=1, pad=0):
            super().__init__()
            height, width = (size, size) if isinstance(size, int) else size
            self.conv = nn.Conv2d(inputs, outputs, (height, width), stride, pad, bias=False)
            self.bn = nn.BatchNorm2d(outputs, eps=1e-3)
            self.conv.weight.data = formula((outputs, inputs, height, width), 0, (6 / (inputs * height * width)) ** 0.5)
            self.bn.weight.data = formula((outputs,), 1, 0.1)
            self.bn.bias.data = formula((outputs,), 0, 0.1)
            self.bn.running_mean.data = formula((outputs,), 0, 0.1)
            self.bn.running_var.data = formula((outputs,), 1, 0.25)

        def forward(self, x):
            return F.relu(self.bn(self.conv(x)), inplace=True)

    def chain(*layers):
        return nn.Sequential(*layers)

    def average(x):
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)

    class Branches(nn.Module):
        """Branches side by side; the last takes the pooled image."""

        def __init__(self, branches, pool):
            super().__init__()
            self.branches, self.pool = nn.ModuleList(branches), pool

        def forward(self, x):
            outs = [branch(x) for branch in self.branches[:-1]]
            return torch.cat([*outs, self.branches[-1](self.pool(x))], 1)

    def largest(x):
        return F.max_pool2d(x, 3, 1, 1)

    def smaller(x):
        return F.max_pool2d(x, 3, 2)

    class Fork(nn.Module):
        def __init__(self, stem, left, right):
            super().__init__()
            self.stem, self.left, self.right = stem, left, right

        def forward(self, x):
            x = self.stem(x)
            return torch.cat([self.left(x), self.right(x)], 1)

    class Smaller(nn.Module):
        def forward(self, x):
            return smaller(x)

    across, down = dict(size=(1, 7), pad=(0, 3)), dict(size=(7, 1), pad=(3, 0))

    def mixed5(inputs, pooled):
        one = Conv(inputs, 64, 1)
        five = chain(Conv(inputs, 48, 1), Conv(48, 64, 5, pad=2))
        three = chain(Conv(inputs, 64, 1), Conv(64, 96, 3, pad=1), Conv(96, 96, 3, pad=1))
        return Branches([one, five, three, Conv(inputs, pooled, 1)], average)

    def mixed6a():
        one = Conv(288, 384, 3, 2)
        three = chain(Conv(288, 64, 1), Conv(64, 96, 3, pad=1), Conv(96, 96, 3, 2))
        return Branches([one, three, nn.Identity()], smaller)

    def mixed6(c):
        one = Conv(768, 192, 1)
        seven = chain(Conv(768, c, 1), Conv(c, c, **across), Conv(c, 192, **down))
        double = chain(Conv(768, c, 1), Conv(c, c, **down), Conv(c, c, **across), Conv(c, c, **down), Conv(c, 192, **across))
        return Branches([one, seven, double, Conv(768, 192, 1)], average)

    def mixed7a():
        three = chain(Conv(768, 192, 1), Conv(192, 320, 3, 2))
        seven = chain(Conv(768, 192, 1), Conv(192, 192, **across), Conv(192, 192, **down), Conv(192, 192, 3, 2))
        return Branches([three, seven, nn.Identity()], smaller)

    def fork(stem, inputs):
        return Fork(stem, Conv(inputs, 384, (1, 3), pad=(0, 1)), Conv(inputs, 384, (3, 1), pad=(1, 0)))

    def mixed7(inputs, pool):
        one = Conv(inputs, 320, 1)
        three = fork(Conv(inputs, 384, 1), 384)
        double = fork(chain(Conv(inputs, 448, 1), Conv(448, 384, 3, pad=1)), 384)
        return Branches([one, three, double, Conv(inputs, 192, 1)], pool)

    network = chain(
        Conv(3, 32, 3, 2), Conv(32, 32, 3), Conv(32, 64, 3, pad=1), Smaller(), Conv(64, 80, 1), Conv(80, 192, 3), Smaller(),
        mixed5(192, 32), mixed5(256, 64), mixed5(288, 64), mixed6a(), mixed6(128), mixed6(160), mixed6(160), mixed6(192),
        mixed7a(), mixed7(1280, average), mixed7(2048, largest),
    ).eval()
    count = sizes['batch']
    i = torch.arange(count * 299 * 299 * 3, dtype=torch.float64)
    images = (2 * ((i * 0.5698402909980532) % 1) - 1).float().reshape(count, 299, 299, 3).permute(0, 3, 1, 2)
    if '--channels-last' in sys.argv:
        network = network.to(memory_format=torch.channels_last)
    else:
        images = images.contiguous()

    def work():
        with torch.inference_mode():
            return float(network(images).mean((2, 3)).double().sum())

    work()
    return work


work = {'frechet': frechet, 'statistics': statistics, 'inception': inception}[task]()
began = time.perf_counter()
value = work()
print(json.dumps({'seconds': time.perf_counter() - began, 'value': value}))

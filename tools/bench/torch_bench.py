"""The peer: PyTorch on the same U-Net and the same three kinds of work as `tract bench step`, on the processor.

usage: torch_bench.py [--channels 32 --mult 1,2,2 --blocks 1 --attn 7 --res 28 --in 1 --batch 64 --runs 5 --threads 2]
                      [--channels-last] [--compile]

Prints one JSON line: the version, parameters, images/s of a forward pass, of a training step (forward, backward, clipping,
Adam, an average) and of a whole TRACT step (a teacher and a self-teacher forward and the self-teacher's average besides), and the peak memory in MB.
"""
import argparse
import copy
import json
import math
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def options():
    parser = argparse.ArgumentParser()
    for name, default in dict(channels=32, blocks=1, res=28, batch=64, runs=5, threads=2).items():
        parser.add_argument('--' + name, type=int, default=default)
    parser.add_argument('--in', dest='in_channels', type=int, default=1)
    parser.add_argument('--mult', default='1,2,2')
    parser.add_argument('--attn', default='7')
    parser.add_argument('--channels-last', action='store_true')
    parser.add_argument('--compile', action='store_true')
    return parser.parse_args()


class Residual(nn.Module):
    """Normalise, SiLU, (resample,) convolve; scale and shift by the embedding, SiLU, convolve; add the input."""

    def __init__(self, c_in, c_out, width, resample=None):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(32, c_in), nn.Conv2d(c_in, c_out, 3, padding=1)
        self.embed = nn.Linear(width, 2 * c_out)
        self.norm2, self.conv2 = nn.GroupNorm(32, c_out), nn.Conv2d(c_out, c_out, 3, padding=1)
        self.skip = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()
        self.resample = resample

    def forward(self, x, embedding):
        h = F.silu(self.norm1(x))
        if self.resample == 'down':
            h, x = F.avg_pool2d(h, 2), F.avg_pool2d(x, 2)
        elif self.resample == 'up':
            h, x = F.interpolate(h, scale_factor=2), F.interpolate(x, scale_factor=2)
        h = self.conv1(h)
        scale, shift = self.embed(F.silu(embedding))[:, :, None, None].chunk(2, 1)
        return self.conv2(F.silu((1 + scale) * self.norm2(h) + shift)) + self.skip(x)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.qkv, self.out = nn.GroupNorm(32, channels), nn.Conv2d(channels, 3 * channels, 1), nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).flatten(2).chunk(3, 1)
        weights = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(c), -1)
        return x + self.out((v @ weights.transpose(1, 2)).view(b, c, h, w))


class UNet(nn.Module):
    def __init__(self, channels, mult, blocks, attention, res, in_channels):
        super().__init__()
        width = 4 * channels
        self.channels = channels
        self.time = nn.Sequential(nn.Linear(channels, width), nn.SiLU(), nn.Linear(width, width))
        self.first = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        at, skips = channels, [channels]

        def block(c_in, c_out):
            return nn.ModuleList([Residual(c_in, c_out, width)] + ([Attention(c_out)] if res in attention else []))

        for level, m in enumerate(mult):
            for _ in range(blocks):
                self.down.append(block(at, channels * m))
                at = channels * m
                skips.append(at)
            if level < len(mult) - 1:
                self.down.append(nn.ModuleList([Residual(at, at, width, 'down')]))
                skips.append(at)
                res //= 2
        self.middle = nn.ModuleList([Residual(at, at, width), Attention(at), Residual(at, at, width)])
        for level, m in reversed(list(enumerate(mult))):
            for _ in range(blocks + 1):
                self.up.append(block(at + skips.pop(), channels * m))
                at = channels * m
            if level:
                self.up.append(nn.ModuleList([Residual(at, at, width, 'up')]))
                res *= 2
        self.last = nn.Sequential(nn.GroupNorm(32, at), nn.SiLU(), nn.Conv2d(at, in_channels, 3, padding=1))

    @staticmethod
    def run(block, x, embedding):
        for layer in block:
            x = layer(x, embedding) if isinstance(layer, Residual) else layer(x)
        return x

    def forward(self, x, t):
        half = self.channels // 2
        angles = t[:, None] * 1000 * torch.exp(torch.arange(half) * (-math.log(1e4) / (half - 1)))
        embedding = self.time(torch.cat([angles.sin(), angles.cos()], 1))
        x = self.first(x)
        skips = [x]
        for block in self.down:
            x = self.run(block, x, embedding)
            skips.append(x)
        x = self.run(self.middle, x, embedding)
        for block in self.up:
            x = self.run(block, x if block[0].resample == 'up' else torch.cat([x, skips.pop()], 1), embedding)
        return self.last(x)


def main():
    args = options()
    torch.set_num_threads(args.threads)
    mult = [int(part) for part in args.mult.split(',')]
    attention = [int(part) for part in args.attn.split(',') if part]
    net = UNet(args.channels, mult, args.blocks, attention, args.res, args.in_channels)
    x = torch.randn(args.batch, args.in_channels, args.res, args.res)
    t = torch.rand(args.batch)
    if args.channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    teacher, self_teacher, ema = (copy.deepcopy(net) for _ in range(3))
    if args.compile:
        net, teacher, self_teacher = (torch.compile(network) for network in (net, teacher, self_teacher))
    optimizer = torch.optim.Adam(net.parameters(), 2e-4)

    def forward():
        with torch.no_grad():
            return net(x, t)

    def train(target=x, averages=((ema, 0.999),)):
        optimizer.zero_grad(set_to_none=True)
        ((net(x, t) - target) ** 2).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            for average, momentum in averages:
                for mean, value in zip(average.parameters(), net.parameters()):
                    mean.lerp_(value, 1 - momentum)

    def tract():
        with torch.no_grad():
            landed = teacher(x, t) * 0.5 + x * 0.5
            target = self_teacher(landed, t) * 0.5 + landed * 0.5
        train(target, ((self_teacher, 0.5), (ema, 0.999)))

    def images_per_second(work):
        work()
        seconds = []
        for _ in range(args.runs):
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
        return round(args.batch / sorted(seconds)[len(seconds) // 2], 2)

    result = {
        'torch': torch.__version__,
        'params': sum(parameter.numel() for parameter in net.parameters()),
        'forward': images_per_second(forward),
        'train': images_per_second(train),
        'tract': images_per_second(tract),
        'peakRssMB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == 'darwin' else 2**10),
    }
    print(json.dumps(result))


main()

"""The peer: PyTorch on the same U-Net and the same three kinds of work as `tract bench step`, on the processor or on a CUDA card.

usage: torch_bench.py [--channels 32 --mult 1,2,2 --blocks 1 --attn 7 --res 28 --in 1 --batch 64 --runs 5 --threads 2]
                      [--channels-last] [--compile] [--bf16] [--device cuda] [--tf32]

Prints one JSON line: the version, parameters, images/s of a forward pass, of a training step (forward, backward, clipping,
Adam, an average) and of a whole TRACT step (a teacher and a self-teacher forward and the self-teacher's average besides), and the peak memory in MB, on a card also that of the card. --bf16 runs the networks under bfloat16 autocast,
--tf32 lets a card multiply in TF32; without it also convolutions, which PyTorch gives TF32 unasked, are float32.
"""
import copy
import json
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from bench_options import images_per_second, options, peak_mb


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
        angles = t[:, None] * 1000 * torch.exp(torch.arange(half, device=t.device) * (-math.log(1e4) / (half - 1)))
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
    args = options('channels-last', 'compile', 'bf16', 'tf32', device='cpu')
    torch.set_num_threads(args.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = args.tf32
    cuda = torch.cuda if args.device == 'cuda' else None
    wait = cuda.synchronize if cuda else lambda: None
    net = UNet(args.channels, args.mult, args.blocks, args.attn, args.res, args.in_channels).to(args.device)
    x = torch.randn(args.batch, args.in_channels, args.res, args.res, device=args.device)
    t = torch.rand(args.batch, device=args.device)
    if args.channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    teacher, self_teacher, ema = (copy.deepcopy(net) for _ in range(3))
    if args.compile:
        net, teacher, self_teacher = (torch.compile(network) for network in (net, teacher, self_teacher))
    optimizer = torch.optim.Adam(net.parameters(), 2e-4)

    # Autocast covers the forward passes; their gradients come in the type of each operation, the update is of float32 weights.
    def arithmetic():
        return torch.autocast(args.device, torch.bfloat16, enabled=args.bf16)

    def forward():
        with torch.no_grad(), arithmetic():
            return net(x, t)

    def train(target=x, averages=((ema, 0.999),)):
        optimizer.zero_grad(set_to_none=True)
        with arithmetic():
            loss = ((net(x, t) - target) ** 2).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            for average, momentum in averages:
                for mean, value in zip(average.parameters(), net.parameters()):
                    mean.lerp_(value, 1 - momentum)

    def tract():
        with torch.no_grad(), arithmetic():
            landed = teacher(x, t) * 0.5 + x * 0.5
            target = self_teacher(landed, t) * 0.5 + landed * 0.5
        train(target, ((self_teacher, 0.5), (ema, 0.999)))

    result = {
        'torch': torch.__version__,
        'params': sum(parameter.numel() for parameter in net.parameters()),
        'forward': images_per_second(args, forward, wait),
        'train': images_per_second(args, train, wait),
        'tract': images_per_second(args, tract, wait),
        'peakRssMB': peak_mb(),
    }
    if cuda:
        result |= {'device': cuda.get_device_name(), 'peakDeviceMB': cuda.max_memory_reserved() // 2**20}
    print(json.dumps(result))


if __name__ == '__main__':
    main()

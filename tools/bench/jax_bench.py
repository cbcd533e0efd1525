"""A peer: JAX, compiled, on the network of torch_bench.py and the same kinds of work, on the processor (NHWC, as JAX's convolutions prefer).

usage: jax_bench.py [the flags of torch_bench.py that describe the network and the work]

Prints one JSON line as torch_bench.py does.
"""
import json
import math
import os

from bench_options import images_per_second, options, peak_mb

args = options()
# XLA takes a thread for each core that the process may use, and reads that when it is loaded.
if hasattr(os, 'sched_setaffinity'):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])

import jax
import jax.numpy as jnp

silu = jax.nn.silu
keys = iter(jax.random.split(jax.random.key(0), 10_000))


def uniform(shape, fan_in):
    return jax.random.uniform(next(keys), shape, minval=-1, maxval=1) / math.sqrt(fan_in)


def linear(c_in, c_out):
    return {'w': uniform((c_in, c_out), c_in), 'b': uniform((c_out,), c_in)}


def conv(c_in, c_out, side):
    return {'w': uniform((side, side, c_in, c_out), c_in * side * side), 'b': uniform((c_out,), c_in * side * side)}


def norm(channels):
    return {'gamma': jnp.ones(channels), 'beta': jnp.zeros(channels)}


def residual(c_in, c_out, width):
    skip = {'skip': conv(c_in, c_out, 1)} if c_in != c_out else {}
    return {'norm1': norm(c_in), 'conv1': conv(c_in, c_out, 3), 'embed': linear(width, 2 * c_out), 'norm2': norm(c_out), 'conv2': conv(c_out, c_out, 3)} | skip


def attention(channels):
    return {'norm': norm(channels), 'qkv': conv(channels, 3 * channels, 1), 'out': conv(channels, channels, 1)}


def apply_linear(p, x):
    return x @ p['w'] + p['b']


def apply_conv(p, x):
    return jax.lax.conv_general_dilated(x, p['w'], (1, 1), 'SAME', dimension_numbers=('NHWC', 'HWIO', 'NHWC')) + p['b']


def apply_norm(p, x):
    n, h, w, c = x.shape
    groups = x.reshape(n, h * w, 32, c // 32)
    mean, variance = groups.mean((1, 3), keepdims=True), groups.var((1, 3), keepdims=True)
    return ((groups - mean) * jax.lax.rsqrt(variance + 1e-5)).reshape(x.shape) * p['gamma'] + p['beta']


def pool(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))


def double(x):
    return x.repeat(2, 1).repeat(2, 2)


def apply_residual(p, x, embedding, resample=None):
    change = {'down': pool, 'up': double}.get(resample, lambda value: value)
    h = apply_conv(p['conv1'], change(silu(apply_norm(p['norm1'], x))))
    scale, shift = jnp.split(apply_linear(p['embed'], silu(embedding))[:, None, None], 2, -1)
    h = apply_conv(p['conv2'], silu((1 + scale) * apply_norm(p['norm2'], h) + shift))
    x = change(x)
    return h + (apply_conv(p['skip'], x) if 'skip' in p else x)


def apply_attention(p, x):
    n, h, w, c = x.shape
    q, k, v = jnp.split(apply_conv(p['qkv'], apply_norm(p['norm'], x)).reshape(n, h * w, 3 * c), 3, -1)
    weights = jax.nn.softmax(q @ k.swapaxes(1, 2) / math.sqrt(c), -1)
    return x + apply_conv(p['out'], (weights @ v).reshape(x.shape))


class UNet:
    """`plan` lists what the blocks do, `parameters` what they hold; both in the order of the blocks."""

    def __init__(self):
        channels, width, res = args.channels, 4 * args.channels, args.res
        self.parameters = {'time': [linear(channels, width), linear(width, width)], 'first': conv(args.in_channels, channels, 3), 'blocks': []}
        self.plan = []
        at, skips = channels, [channels]

        def add(kind, c_in, c_out, attends=False):
            self.plan.append((kind, attends))
            self.parameters['blocks'].append([residual(c_in, c_out, width)] + ([attention(c_out)] if attends else []))

        for level, m in enumerate(args.mult):
            for _ in range(args.blocks):
                add('keep', at, channels * m, res in args.attn)
                at = channels * m
                skips.append(at)
            if level < len(args.mult) - 1:
                add('down', at, at)
                skips.append(at)
                res //= 2
        add('middle', at, at, True)
        add('middle', at, at)
        for level, m in reversed(list(enumerate(args.mult))):
            for _ in range(args.blocks + 1):
                add('join', at + skips.pop(), channels * m, res in args.attn)
                at = channels * m
            if level:
                add('up', at, at)
                res *= 2
        self.parameters['last'] = {'norm': norm(at), 'conv': conv(at, args.in_channels, 3)}

    def __call__(self, parameters, x, t):
        half = args.channels // 2
        angles = t[:, None] * 1000 * jnp.exp(jnp.arange(half) * (-math.log(1e4) / (half - 1)))
        first, second = parameters['time']
        embedding = apply_linear(second, silu(apply_linear(first, jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], 1))))
        x = apply_conv(parameters['first'], x)
        skips = [x]
        for (kind, attends), block in zip(self.plan, parameters['blocks']):
            x = apply_residual(block[0], jnp.concatenate([x, skips.pop()], -1) if kind == 'join' else x, embedding, kind)
            x = apply_attention(block[1], x) if attends else x
            if kind in ('keep', 'down'):
                skips.append(x)
        last = parameters['last']
        return apply_conv(last['conv'], silu(apply_norm(last['norm'], x)))


def mapped(change, *trees):
    return jax.tree.map(change, *trees)


def main():
    net = UNet()
    x = jax.random.normal(next(keys), (args.batch, args.res, args.res, args.in_channels))
    t = jax.random.uniform(next(keys), (args.batch,))
    network = jax.jit(net)
    teacher = mapped(jnp.copy, net.parameters)
    zeros = mapped(jnp.zeros_like, teacher)

    def update(state, target, momenta):
        """One step of clipped Adam (2e-4, 0.9, 0.999) and of the averages of that momentum."""
        gradients = jax.grad(lambda p: ((net(p, x, t) - target) ** 2).mean())(state['weights'])
        length = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(gradients)))
        gradients = mapped(lambda g: g * jnp.minimum(1, 1 / (length + 1e-6)), gradients)
        count = state['count'] + 1
        first = mapped(lambda m, g: 0.9 * m + 0.1 * g, state['first'], gradients)
        second = mapped(lambda v, g: 0.999 * v + 0.001 * g * g, state['second'], gradients)
        rate = 2e-4 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        weights = mapped(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), state['weights'], first, second)
        averages = [mapped(lambda a, w: a + (1 - momentum) * (w - a), average, weights) for momentum, average in zip(momenta, state['averages'])]
        return {'weights': weights, 'first': first, 'second': second, 'count': count, 'averages': averages}

    @jax.jit
    def train(state):
        return update(state, x, [0.999])

    @jax.jit
    def tract(state, teacher):
        landed = net(teacher, x, t) * 0.5 + x * 0.5
        target = net(state['averages'][0], landed, t) * 0.5 + landed * 0.5
        return update(state, jax.lax.stop_gradient(target), [0.5, 0.999])

    def fresh(averages):
        return {'weights': net.parameters, 'first': zeros, 'second': zeros, 'count': jnp.zeros(()), 'averages': [net.parameters] * averages}

    states = {'train': fresh(1), 'tract': fresh(2)}

    def step(name, work, *more):
        states[name] = jax.block_until_ready(work(states[name], *more))

    result = {
        'jax': jax.__version__,
        'params': sum(parameter.size for parameter in jax.tree.leaves(net.parameters)),
        'forward': images_per_second(args, lambda: jax.block_until_ready(network(teacher, x, t))),
        'train': images_per_second(args, lambda: step('train', train)),
        'tract': images_per_second(args, lambda: step('tract', tract, teacher)),
        'peakRssMB': peak_mb(),
    }
    print(json.dumps(result))


main()

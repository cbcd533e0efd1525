"""One training step of four rules in float64, in their sources' words, for jump-rules.test.ts. Writes jump-rules.json beside this file.

The network is D(x; a, end) = gain[a][end] * x, a denoiser on a grid of 8 steps, student, teacher and average with gains of their own. Rules on flow matching's
levels (x = (1 - t) x0 + t eps, t = index / 8) are computed by velocities u = (x - D) / t, their loss the squared error of u; the consistency rules on EDM's levels
by D itself. After the gradient, which is not clipped, Adam's first step.

Shortcut models: Frans et al. 2024, Eq. 4 and 5. Split mean flows: Guo et al. 2025. Easy consistency tuning: Geng et al. 2024. Improved consistency training:
Song & Dhariwal 2023. Run: python3 jump_rules.py, with numpy.
"""
import json
import os
import numpy as np

N = 8
GAINS = {"student": 0.9, "teacher": 1.3, "selfTeacher": 1.1}
IMAGES = np.array([[1.4, -0.9], [0.6, -1.7], [0.2, 1.1]])
NOISE = np.array([[0.8, -1.3], [0.4, 1.9], [-0.6, -0.2]])
RATE = 0.01


def gain(who, a, end):
    return GAINS[who] * (1 + a / 20 + end / 50)


def adam(slopes):
    """First step from fresh moments: the slope's sign, but for eps."""
    m, v = 0.1 * slopes / (1 - 0.9), 0.001 * slopes**2 / (1 - 0.999)
    return -RATE * m / (np.sqrt(v) + 1e-8)


def flow(rule, jumps, splits, base):
    """jumps: (t, s, r) as indices; t == r denoises. Velocities throughout."""
    time = lambda i: i / N
    velocity = lambda who, x, i, end: (x - gain(who, i, end) * x) / time(i)
    loss, slopes = 0.0, np.zeros((N + 1, N + 1))
    for (t, s, r), x0, eps in zip(jumps, IMAGES, NOISE):
        z = (1 - time(t)) * x0 + time(t) * eps
        if t == r:
            target = eps - x0 if base == "data" else velocity("teacher", z, t, t)
        else:
            # The average of two velocities by lengths; a part of one step of the grid is asked for as if it had no length.
            u2 = velocity(splits, z, t, t if t - s == 1 else s)
            zs = z - (time(t) - time(s)) * u2
            u1 = velocity(splits, zs, s, s if s - r == 1 else r)
            part = (time(t) - time(s)) / (time(t) - time(r))
            target = part * u2 + (1 - part) * u1
        error = velocity("student", z, t, r) - target
        loss += np.sum(error**2) / len(jumps)
        slopes[t, r] += np.sum(2 * error * (-z / time(t))) / len(jumps)
    return {"rule": rule, "base": base, "jumps": jumps, "loss": loss, "slopes": slopes.tolist(), "moves": adam(slopes).tolist()}


def edm_sigmas():
    inv, (low, high) = 1 / 7, (0.002, 80.0)
    steps = [(high**inv + i / (N - 1) * (low**inv - high**inv)) ** 7 for i in range(N)] + [0.0]
    return steps[::-1]


def consistency(rule, jumps, width):
    """jumps: (a, b) as indices, to the clean end. The pseudo-Huber loss of a whole image's difference, 2 c (sqrt(d^2 + c^2) - c)."""
    sigma = edm_sigmas()
    loss, slopes = 0.0, np.zeros((N + 1, N + 1))
    for (a, b), x0, eps in zip(jumps, IMAGES, NOISE):
        xa, xb = x0 + sigma[a] * eps, x0 + sigma[b] * eps
        target = x0 if b == 0 else gain("student", b, b) * xb
        error = gain("student", a, a) * xa - target
        weight = 1 / (sigma[a] - sigma[b]) / len(jumps)
        root = np.sqrt(np.sum(error**2) + width**2)
        loss += weight * 2 * width * (root - width)
        slopes[a, a] += weight * 2 * width * np.sum(error * xa) / root
    return {"rule": rule, "base": "data", "jumps": jumps, "loss": loss, "slopes": slopes.tolist(), "moves": adam(slopes).tolist()}


steps = [
    flow("shortcut", [(6, 6, 6), (8, 4, 0), (6, 5, 4)], "selfTeacher", "data"),
    flow("shortcut", [(1, 1, 1), (8, 6, 4), (2, 1, 0)], "selfTeacher", "teacher"),
    flow("split-mean-flow", [(3, 3, 3), (8, 2, 0), (7, 6, 4)], "student", "teacher"),
    flow("split-mean-flow", [(8, 8, 8), (5, 3, 1), (2, 1, 0)], "student", "data"),
    consistency("easy-consistency-tuning", [(8, 5), (4, 0), (3, 2)], 1e-3),
    consistency("improved-consistency-training", [(8, 7), (2, 1), (5, 4)], 0.03),
]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "jump-rules.json"), "w") as file:
    json.dump(steps, file, indent=1)
    file.write("\n")

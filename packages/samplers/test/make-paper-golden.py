"""Evaluate the equations of the samplers' papers in float64: python3 make-paper-golden.py > paper-golden.json

Needs NumPy. Written from the papers, in their order and with their symbols; integrals of polynomials are done by Gauss-Legendre quadrature and small
linear systems by elimination, where the package has closed forms. l stands for lambda = ln(alpha / sigma), s for sigma / alpha.
"""
import json, math
import numpy as np

nodes, weights = np.polynomial.legendre.leggauss(40)
D = lambda x, a, s: 0.5 * np.sin(1.7 * x + 2 * a) - 0.2 * x  # a model of x0 that no sampler knows
xT = np.array([-0.27, 1.83, 0.41])
xi = lambda k: np.array([math.sin(3.7 * k + 1.3 * j + 0.2) * 1.4 for j in range(3)])

vp = [(math.cos(t), math.sin(t)) for t in (1.5, 1.3, 1.05, 0.9, 0.6, 0.35, 0.1)]
ve = [(1.0, s) for s in (14.0, 6.0, 2.5, 1.1, 0.4, 0.1, 0.02)]
flow = [(1 - t, t) for t in (1.0, 0.9, 0.75, 0.6, 0.4, 0.25, 0.0)]
grids = {'vp': vp, 've': ve, 'flow': flow}
lam = lambda p: math.log(p[0] / p[1])
ratio = lambda p: p[1] / p[0]
integral = lambda f, lo, hi: (hi - lo) / 2 * sum(w * f((hi - lo) / 2 * n + (hi + lo) / 2) for n, w in zip(nodes, weights))


def lagrange(points, j, t):
    return math.prod((t - p) / (points[j] - p) for k, p in enumerate(points) if k != j)


def eps_of(x, p):
    return (x - p[0] * D(x, *p)) / p[1]


def ddim(x, levels, eta=0):  # Song et al. 2021, Eq. 12 and 16
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        x0, eps = D(x, *p), eps_of(x, p)
        fresh = eta * math.sqrt(q[1] ** 2 / p[1] ** 2) * math.sqrt(1 - p[0] ** 2 * (q[0] ** 2 + q[1] ** 2) / q[0] ** 2) if eta else 0
        x = q[0] * x0 + math.sqrt(q[1] ** 2 - fresh ** 2) * eps + fresh * xi(i)
    return x


def heun(x, levels):  # Karras et al. 2022, Algorithm 1, in x / alpha and sigma / alpha
    for p, q in zip(levels, levels[1:]):
        u, t, n = x / p[0], ratio(p), ratio(q)
        d = (u - D(x, *p)) / t
        end = u + (n - t) * d
        if n > 0:
            end = u + (n - t) * (d + (end - D(end * q[0], *q)) / n) / 2
        x = end * q[0]
    return x


def flow_heun(x, levels):  # dx/dt = eps - x0 by the trapezium rule
    for p, q in zip(levels, levels[1:]):
        velocity = lambda y, r: (y - D(y, *r)) / r[1]
        k = velocity(x, p)
        end = x + (q[1] - p[1]) * k
        x = x + (q[1] - p[1]) * (k + velocity(end, q)) / 2 if q[1] > 0 else end
    return x


def dpm2m(x, levels):  # Lu et al. 2022 (DPM-Solver++), Algorithm 2
    old = None
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        m, h = D(x, *p), lam(q) - lam(p)
        r = (lam(p) - lam(levels[i - 1])) / h if i else None
        d = m if old is None else (1 + 1 / (2 * r)) * m - old / (2 * r)
        x, old = q[1] / p[1] * x - q[0] * (math.exp(-h) - 1) * d, m
    return x


def dpm2s(x, levels):  # the same, Algorithm 1, r = 1/2
    for p, q in zip(levels, levels[1:]):
        h = lam(q) - lam(p)
        between = lam(p) + h / 2
        a = 1 / math.sqrt(1 + math.exp(-2 * between)) if p[0] != 1 else 1.0
        mid = (a, a * math.exp(-between))
        m = D(x, *p)
        u = mid[1] / p[1] * x - mid[0] * (math.exp(-h / 2) - 1) * m
        d = D(u, *mid)  # (1 - 1 / 2r) m + d / 2r
        x = q[1] / p[1] * x - q[0] * (math.exp(-h) - 1) * d
    return x


def exponential(x, levels, order):  # the exact integral of the interpolating polynomial: DPM-Solver++(kM) without approximations
    past = []
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        past = [(lam(p), D(x, *p)), *past][:order]
        points = [l for l, _ in past]
        x = q[1] / p[1] * x + q[1] * sum(integral(lambda t: math.exp(t) * lagrange(points, j, t), lam(p), lam(q)) * m for j, (_, m) in enumerate(past))
    return x


def on_noise(x, levels, order, variable):  # LMS in s (k-diffusion), DEIS-tAB in ln s (Zhang & Chen 2023, Eq. 15)
    past = []
    for p, q in zip(levels, levels[1:]):
        past = [(variable(ratio(p)), eps_of(x, p)), *past][:order]
        points = [v for v, _ in past]
        u = x / p[0] + sum(integral(lambda s: lagrange(points, j, variable(s)), ratio(p), ratio(q)) * e for j, (_, e) in enumerate(past))
        x = u * q[0]
    return x


def transfer(x, p, q, eps):  # phi of Liu et al. 2022, Eq. 11
    return q[0] / p[0] * x + (q[1] - q[0] / p[0] * p[1]) * eps


adams = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]]


def ipndm(x, levels, start=None):  # Liu et al. 2022, Eq. 12, Algorithm 2
    past = []
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        e = eps_of(x, p)
        past = [e, *past][:4]
        if start == 'plms' and i == 0:
            e = (e + eps_of(transfer(x, p, q, e), q)) / 2
        elif start == 'pndm' and i < 3:
            a = 1 / math.sqrt(1 + ratio(p) * ratio(q)) if p[0] != 1 else 1.0
            mid = (a, a * math.sqrt(ratio(p) * ratio(q)))
            e2 = eps_of(transfer(x, p, mid, e), mid)
            e3 = eps_of(transfer(x, p, mid, e2), mid)
            e4 = eps_of(transfer(x, p, q, e3), q)
            e = (e + 2 * e2 + 2 * e3 + e4) / 6
        else:
            e = sum(w * m for w, m in zip(adams[len(past) - 1], past))
        x = transfer(x, p, q, e)
    return x


def unipc(x, levels, order, kind):  # Zhao et al. 2023, Eq. 5 with -h for h, Algorithms 5 to 8
    def coefficients(h, r):
        phi = [(math.exp(-h) - 1) / -h]
        for k in range(1, len(r) + 1):
            phi.append((phi[-1] - 1 / math.factorial(k)) / -h)
        b = -h if kind == 'bh1' else math.exp(-h) - 1
        right = [(-h) ** (k + 1) * math.factorial(k + 1) * phi[k + 1] / b / (-h) ** k for k in range(len(r))]
        return b, [0.5] if len(r) == 1 else np.linalg.solve(np.array([[v ** k for v in r] for k in range(len(r))]), right)

    def step(y, p, q, m0, others):  # others: (level, model output)
        h = lam(q) - lam(p)
        r = [(lam(l) - lam(p)) / h for l, _ in others]
        y = q[1] / p[1] * y - q[0] * (math.exp(-h) - 1) * m0
        if others:
            b, a = coefficients(h, r)
            y = y - q[0] * b * sum(w / v * (m - m0) for w, v, (_, m) in zip(a, r, others))
        return y

    past, start = [], x  # past: newest first; start: corrected image of the last step
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        m = D(x, *p)
        if past:
            start = step(start, past[0][0], p, past[0][1], [*past[1:order], (p, m)])
        past = [(p, m), *past][:order]
        x = step(start, p, q, m, past[1:])
    return x


def sa_solver(x, levels, order, tau=1.0, corrector=None):  # Xue et al. 2023, Eq. 14 to 17, Algorithm 1; tau 0 is Adams-Bashforth and Adams-Moulton on x0
    def step(y, p, q, points, k):
        h, c = lam(q) - lam(p), 1 + tau ** 2
        ls = [lam(l) for l, _ in points]
        b = [integral(lambda t: math.exp(-tau ** 2 * (lam(q) - t)) * c * math.exp(t) * lagrange(ls, j, t), lam(p), lam(q)) for j in range(len(ls))]
        if len(ls) == 2:  # what the published code has in the place of the integral of the slope
            more = math.exp(lam(q)) * c * (h ** 2 / 2 - (c * h - 1 + math.exp(-c * h)) / c ** 2) / (ls[0] - ls[1])
            b = [b[0] + more, b[1] - more]
        y = q[1] / p[1] * math.exp(-tau ** 2 * h) * y + q[1] * sum(w * m for w, (_, m) in zip(b, points))
        return y + q[1] * math.sqrt(1 - math.exp(-2 * tau ** 2 * h)) * xi(k)

    past, start = [], x
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        m = D(x, *p)
        past = [(p, m), *past]
        if i:
            start = step(start, levels[i - 1], p, past[:corrector or order], i - 1)
        x = step(start, p, q, past[:order], i)
    return x


def dpm2_ancestral(x, levels, eta):  # k-diffusion's sample_dpm_2_ancestral, in u = x / alpha and s
    u = x / levels[0][0]
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        s, n = ratio(p), ratio(q)
        up = min(n, eta * math.sqrt(n ** 2 * (s ** 2 - n ** 2) / s ** 2))
        down = math.sqrt(n ** 2 - up ** 2)
        middle = math.sqrt(s * down)
        d = (u - D(u, 1, s)) / s
        half = u + d * (middle - s)
        u = u + (half - D(half, 1, middle)) / middle * (down - s) + up * xi(i)
    return u * levels[-1][0]


def dpm3m_sde(x, levels, eta):  # k-diffusion's sample_dpmpp_3m_sde, here with alpha
    old = []  # x0 and length of earlier steps
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        x0, h = D(x, *p), lam(q) - lam(p)
        wide = h * (1 + eta)
        phi2 = math.expm1(-wide) / wide + 1
        x = q[1] / p[1] * math.exp(-eta * h) * x - q[0] * math.expm1(-wide) * x0
        if len(old) == 1:
            x = x + q[0] * phi2 * (x0 - old[0][0]) * h / old[0][1]
        elif old:
            (m1, h1), (m2, h2) = old
            near, far = (x0 - m1) * h / h1, (m1 - m2) * h / h2
            d1 = near + (near - far) * h1 / (h1 + h2)
            d2 = (near - far) * h / (h1 + h2)
            x = x + q[0] * (phi2 * d1 - (phi2 / wide - 0.5) * d2)
        x = x + q[1] * math.sqrt(-math.expm1(-2 * eta * h)) * xi(i)
        old = [(x0, h), *old][:2]
    return x


def tcd(x, levels, gamma):  # Zheng et al. 2024, Algorithm 2, between angles t of cos t, sin t
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        s = (1 - gamma) * math.acos(q[0])
        x0, eps = D(x, *p), eps_of(x, p)
        inner = math.cos(s) * x0 + math.sin(s) * eps
        kept = q[0] / math.cos(s)
        x = kept * inner + math.sqrt(max(0, 1 - kept ** 2)) * xi(i)
    return x


def consistency(x, levels):  # Song et al. 2023, Algorithm 1
    for i, (p, q) in enumerate(zip(levels, levels[1:])):
        x = q[0] * D(x, *p) + q[1] * xi(i)
    return x


runs = [
    ('ddim', {}, ['vp', 've', 'flow'], ddim),
    ('ddim', {'eta': 0.7}, ['vp'], lambda x, l: ddim(x, l, 0.7)),
    ('heun', {}, ['vp', 've'], heun),
    ('flowHeun', {}, ['flow'], flow_heun),
    ('dpmSolver2M', {}, ['vp', 've'], dpm2m),
    ('dpmSolver2M', {'solverType': 'heun'}, ['vp', 've'], lambda x, l: exponential(x, l, 2)),
    ('dpmSolver2S', {}, ['vp', 've'], dpm2s),
    ('dpmSolver3M', {'solverType': 'heun'}, ['vp', 've'], lambda x, l: exponential(x, l, 3)),
    ('lms', {}, ['vp', 've'], lambda x, l: on_noise(x, l, 4, lambda s: s)),
    ('deis', {}, ['vp', 've'], lambda x, l: on_noise(x, l, 3, math.log)),
    ('deis', {'order': 2}, ['vp', 've'], lambda x, l: on_noise(x, l, 2, math.log)),
    ('deis', {'order': 4}, ['vp', 've'], lambda x, l: on_noise(x, l, 4, math.log)),
    ('ipndm', {}, ['vp', 've'], ipndm),
    ('plms', {}, ['vp', 've'], lambda x, l: ipndm(x, l, 'plms')),
    ('pndm', {}, ['vp', 've'], lambda x, l: ipndm(x, l, 'pndm')),
    ('unipc', {'lowerOrderFinal': False}, ['vp', 've'], lambda x, l: unipc(x, l, 2, 'bh2')),
    ('unipc', {'lowerOrderFinal': False, 'order': 3}, ['vp', 've'], lambda x, l: unipc(x, l, 3, 'bh2')),
    ('unipc', {'lowerOrderFinal': False, 'order': 3, 'variant': 'bh1'}, ['vp'], lambda x, l: unipc(x, l, 3, 'bh1')),
    ('saSolver', {'lowerOrderFinal': False}, ['vp', 've'], lambda x, l: sa_solver(x, l, 2)),
    ('saSolver', {'lowerOrderFinal': False, 'predictorOrder': 3, 'correctorOrder': 3}, ['vp', 've'], lambda x, l: sa_solver(x, l, 3)),
    ('saSolver', {'lowerOrderFinal': False, 'tau': 0, 'predictorOrder': 3, 'correctorOrder': 3}, ['vp', 've'], lambda x, l: sa_solver(x, l, 3, 0)),
    ('saSolver', {'lowerOrderFinal': False, 'tau': 0.6, 'predictorOrder': 3, 'correctorOrder': 2}, ['vp', 've'], lambda x, l: sa_solver(x, l, 3, 0.6, 2)),
    ('saSolver', {'lowerOrderFinal': False, 'tau': 1.4, 'predictorOrder': 1, 'correctorOrder': 3}, ['vp', 've'], lambda x, l: sa_solver(x, l, 1, 1.4, 3)),
    ('dpm2Ancestral', {}, ['ve'], lambda x, l: dpm2_ancestral(x, l, 1)),
    ('dpm2Ancestral', {'eta': 0.6}, ['ve'], lambda x, l: dpm2_ancestral(x, l, 0.6)),
    ('dpmSolver3M', {'solverType': 'k-diffusion', 'eta': 1}, ['vp', 've'], lambda x, l: dpm3m_sde(x, l, 1)),
    ('dpmSolver3M', {'solverType': 'k-diffusion', 'eta': 0.4}, ['vp'], lambda x, l: dpm3m_sde(x, l, 0.4)),
    ('tcd', {'gamma': 0.8}, ['vp'], lambda x, l: tcd(x, l, 0.8)),
    ('tcd', {'gamma': 0.3}, ['vp'], lambda x, l: tcd(x, l, 0.3)),
    ('tcd', {'gamma': 1}, ['vp'], lambda x, l: tcd(x, l, 1)),
    ('multistepConsistency', {}, ['vp', 've', 'flow'], consistency),
]
cases = [
    {'sampler': name, 'options': options, 'grid': grid, 'drawn': run(xT * grids[grid][0][1], grids[grid]).tolist()}
    for name, options, on, run in runs
    for grid in on
]
print(json.dumps({'start': xT.tolist(), 'draws': [xi(k).tolist() for k in range(6)], 'grids': grids, 'cases': cases}, indent=1))

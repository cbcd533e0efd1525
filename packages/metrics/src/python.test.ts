import { spawnSync } from 'node:child_process';
import { randomNormals } from '@tract/tensor';
import { expect, test } from 'vitest';
import { featureStatistics } from './feature-statistics.js';
import { frechetDistance } from './frechet-distance.js';
import { inceptionScore, softmaxRows } from './inception-score.js';
import { wholeKernelDistance } from './kernel-distance.js';

const torchmetrics = `
import json, sys, warnings
warnings.filterwarnings('ignore')
import torch
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance

class Features(torch.nn.Module):
    def __init__(self, dimensions):
        super().__init__()
        self.num_features = dimensions
    def forward(self, features):
        return features

given = json.load(sys.stdin)
net = Features(given['dimensions'])
a, b = (torch.tensor(given[name], dtype=torch.float64).reshape(-1, given['dimensions']) for name in 'ab')
fid = FrechetInceptionDistance(feature=net).set_dtype(torch.float64)
kid = KernelInceptionDistance(feature=net, subsets=1, subset_size=len(a)).set_dtype(torch.float64)
for metric in fid, kid:
    metric.update(a, real=True)
    metric.update(b, real=False)
score = InceptionScore(feature=net, splits=1)
score.update(a)
print(json.dumps([float(fid.compute()), float(kid.compute()[0]), float(score.compute()[0])]))`;

test.for([
  [1, 300, 24],
  [5, 41, 40],
] as const)(
  'torchmetrics gives the same distances and score for random features: seed %i, %i rows of %i',
  ([seed, rows, dimensions], context) => {
    const [a, b] = [seed, seed + 1].map((s) =>
      Float64Array.from(randomNormals({ seed: s }, rows * dimensions), (value) => value + 0.1 * s),
    );
    const { status, stdout, stderr, error } = spawnSync(process.env.TRACT_PYTHON ?? 'python3', ['-c', torchmetrics], {
      encoding: 'utf8',
      input: JSON.stringify({ dimensions, a: [...a], b: [...b] }),
    });
    if (status !== 0) return context.skip(`no Python with torchmetrics: ${stderr?.trim().split('\n').at(-1) ?? error?.message}`);
    const [fid, kid, score] = JSON.parse(stdout) as number[];
    expect(frechetDistance(featureStatistics(a, dimensions), featureStatistics(b, dimensions)) / fid).toBeCloseTo(1, 6);
    expect(wholeKernelDistance(a, b, dimensions) / kid).toBeCloseTo(1, 6);
    expect(inceptionScore(softmaxRows(a, dimensions), dimensions, { splits: 1 }).mean / score).toBeCloseTo(1, 6);
  },
);

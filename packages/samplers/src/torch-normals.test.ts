import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { hashNormals } from './index.js';
import { mersenneTwister } from './mersenne-twister.js';
import { brownianNormals, torchCpuNormals, torchCudaNormals } from './noise/index.js';
import { philox } from './torch-cuda-normals.js';

test('mt19937 gives its published numbers', () => {
  const next = mersenneTwister(5489);
  const draws = Array.from({ length: 10_000 }, next);
  expect(draws.slice(0, 3)).toEqual([3499211612, 581869302, 3890346734]);
  expect(draws[9999]).toBe(4123659995); // the C++ standard's check
});

test('Philox4x32-10 gives its published numbers (Random123, known answers of philox4x32-10)', () => {
  const ones = 0xffffffff;
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;
  expect(philox(pi, [0xa4093822, 0x299f31d0])).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
});

test('CUDA normals of seed 0 are those that PyTorch users see', () => {
  const seen = [-0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284];
  const drawn = torchCudaNormals(0)(8, -1);
  seen.forEach((value, i) => {
    expect(drawn[i]).toBeCloseTo(value, 4);
  });
});

describe('CPU normals', () => {
  // torch.randn after torch.manual_seed(0), of 4 and of 20 elements, PyTorch 1.13
  test.each([
    [4, [1.540996, -0.293429, -2.178789, 0.568431]],
    [
      20,
      [
        -1.12584, -1.15236, -0.250579, -0.433879, 0.598839, -1.555095, -0.34136, 1.853006, 0.468096, -0.157712, 1.44366, 0.266049, 1.389366,
        1.586334, 0.946298, -0.843677, 0.931827, 1.259009, 2.004981, 0.053737,
      ],
    ],
  ])('of seed 0 and %i elements are as recorded', (length, recorded) => {
    const drawn = torchCpuNormals(0)(length, -1);
    recorded.forEach((value, i) => {
      expect(drawn[i]).toBeCloseTo(value, 5);
    });
  });

  test('are the same for the same index, in any order', () => {
    const normals = torchCpuNormals(3);
    const draws = [-1, 0, 1, 2].map((index) => [...Array.from(normals(20, index))]);
    for (const index of [2, -1, 1, 1, 0]) expect([...Array.from(normals(20, index))]).toEqual(draws[index + 1]);
  });

  const program = `
import json, torch
out = []
for seed in (0, 42, 4294967295):
  for length in (1, 7, 15, 16, 17, 24, 100, 4096):
    torch.manual_seed(seed)
    out.append([seed, length, [torch.randn(length).tolist()[-20:] for _ in range(3)]])
print(json.dumps(out))`;

  test("agree with the PyTorch of this machine's Python", (context) => {
    const python = process.env.TRACT_TORCH_PYTHON ?? '/usr/bin/python3';
    const { status, stdout, stderr } = spawnSync(python, ['-c', program], { encoding: 'utf8' });
    if (status !== 0) return context.skip(`${python} has no PyTorch: ${String(stderr).trim().split('\n').at(-1)}`);
    for (const [seed, length, draws] of JSON.parse(stdout) as [number, number, number[][]][]) {
      const normals = torchCpuNormals(seed);
      draws.forEach((draw, k) => {
        const ours = Array.from(normals(length, k - 1)).slice(-20);
        draw.forEach((value, i) => {
          expect(Math.abs(ours[i] - value), `seed ${seed}, ${length} elements, draw ${k}`).toBeLessThan(2e-6); // float32 sine and logarithm
        });
      });
    }
  });
});

test('seeds are whole numbers, and those beyond 2^32 draws of their own', () => {
  for (const normals of [hashNormals, brownianNormals, torchCpuNormals, torchCudaNormals])
    for (const seed of [0.5, Number.NaN, 2 ** 60]) expect(() => normals(seed)).toThrow(/seed/);
  const first = (seed: number) => hashNormals(seed)(1, 0)[0];
  expect(new Set([7, 7 + 2 ** 32, 7 + 2 ** 33, 7 + 2 ** 52].map(first)).size).toBe(4);
});

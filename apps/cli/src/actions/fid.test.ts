import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedArray, readNpz, readSafetensors, writeNpy, writeNpz, writeSafetensors, writeTorch, writeZip } from '@tract/checkpoint';
import { randomUniforms } from '@tract/tensor';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { madeInceptionWeights } from '../testing/inception-weights.js';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { scratchFolder, tract } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const at = (name: string): string => join(scratch.path, name);
const env = { TRACT_MNIST: writeTinyDigits(at('digits'), 96), TRACT_CACHE: at('cache') };

for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
afterAll(() => void vi.unstubAllEnvs());

/** Read the result of a command with --json; it must have ended well. */
function wellEnded(code: number | null, out: string, err: string) {
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return { ...JSON.parse(out), said: err };
}

/** Run a command with --json in this process. */
async function json(...args: string[]) {
  const { code, out, err } = await tractHere(...args, '--json');
  return wellEnded(code, out, err);
}

/** Run a command with --json as a program of its own, with threads of its own. */
async function jsonApart(...args: string[]) {
  const { code, stdout, stderr } = await tract([...args, '--json'], env);
  return wellEnded(code, stdout, stderr);
}
const digitScore = (a: string, b: string, ...more: string[]) => json('fid', a, b, '--features', 'digits', ...more);

function images(name: string, seed: number, count: number, side: number, channels: number): NamedArray {
  const data = Uint8Array.from(randomUniforms({ seed }, count * side * side * channels), (u) => 256 * u);
  const array: NamedArray = { dtype: 'U8', shape: [count, side, side, channels], data };
  writeFileSync(at(name), writeNpz([['images', array]]));
  return array;
}

beforeAll(async () => {
  await json('train', '--preset', 'mnist-tiny', '--images', '8', '--batch', '4', '--out', at('run'), '--silent');
});
afterAll(scratch.remove);

test('a set against itself is at distance 0, with precision and recall 1, under torch-fidelity’s names', async () => {
  const scores = await digitScore('mnist:test', 'mnist:test', '--kid', '--prdc', '--silent');
  expect(Math.abs(scores.frechet_distance)).toBeLessThan(1e-8);
  expect(scores).toMatchObject({ precision: 1, recall: 1, f_score: 1, coverage: 1, samples: 96, reference_samples: 96, features: 64 });
  expect(await json('evaluate', '--samples', 'mnist:test', '--reference', 'mnist:test', '--silent')).toMatchObject({
    frechet_distance: scores.frechet_distance,
  });
  // The whole of both sets each time: x·x counts between the sets and not within, so the mean is below 0.
  expect(scores.kernel_inception_distance_mean).toBeLessThan(0);
  expect(scores.kernel_inception_distance_subset_size).toBe(96);
});

test('a model, its npz, npy, zip and PNGs score as tract evaluate measures them, with any threads', async () => {
  const draw = ['--steps', '1', '--count', '70', '--seed', '3', '--silent'];
  const { frechet_distance: expected } = await json('evaluate', '--samples', at('run/model'), ...draw);
  expect((await digitScore(at('run/model'), 'mnist:test', ...draw)).frechet_distance).toBe(expected);
  for (const out of ['drawn.npz', 'drawn']) await json('sample', at('run/model'), ...draw, '--out', at(out));
  const array = (await readNpz(readFileSync(at('drawn.npz')))).get('images')!;
  writeFileSync(at('drawn.npy'), writeNpy(array));
  const files = readdirSync(at('drawn')).map((name) => [`00000/${name}`, new Uint8Array(readFileSync(at(`drawn/${name}`)))] as const);
  writeFileSync(at('drawn.zip'), writeZip([...files, ['dataset.json', new TextEncoder().encode('{"labels": null}')]]));
  for (const source of ['drawn.npz', 'drawn', 'drawn.npy', 'drawn.zip']) {
    expect((await digitScore(at(source), 'mnist:test', '--silent')).frechet_distance, source).toBe(expected);
  }
  const single = await jsonApart('fid', at('drawn'), 'mnist:test', '--features', 'digits', '--silent', '--no-cache', '--threads', '1');
  expect(single.frechet_distance).toBe(expected);
});

test('icons and fashion have classifiers of their own, each for images of its size', async () => {
  images('icons.npz', 7, 40, 32, 3);
  images('clothes.npz', 8, 40, 28, 1);
  for (const [features, name, extractor] of [
    ['icons', 'icons.npz', 'icon-classifier-1'],
    ['fashion', 'clothes.npz', 'fashion-classifier-1'],
  ]) {
    const scores = await json('fid', at(name), at(name), '--features', features, '--silent');
    expect(scores).toMatchObject({ extractor, features: 64, samples: 40 });
    expect(scores).not.toHaveProperty('mode');
    expect(Math.abs(scores.frechet_distance)).toBeLessThan(1e-8);
  }
  const wrong = await tractHere('fid', at('clothes.npz'), at('icons.npz'), '--features', 'icons');
  expect(wrong.code).toBe(3);
  expect(wrong.err).toContain('28x28 with 1 channels; the classifier of icons knows 32x32 with 3');
});

test('statistics of every kind stand in for the images, and Python reads ours', async (context) => {
  images('a.npz', 1, 80, 28, 1);
  const { frechet_distance: expected } = await digitScore(at('a.npz'), 'mnist:test', '--silent');
  await json('fid', 'stats', 'mnist:test', '--features', 'digits', '--out', at('mnist-stats.npz'), '--silent');
  expect(await digitScore(at('a.npz'), at('mnist-stats.npz'), '--silent')).toMatchObject({
    frechet_distance: expected,
    reference_samples: 96,
  });
  const { mu, sigma } = Object.fromEntries(await readNpz(readFileSync(at('mnist-stats.npz'))));
  writeFileSync(
    at('openai.npz'),
    writeNpz([
      ['mu', mu],
      ['sigma', sigma],
      ['arr_0', images('b.npz', 2, 2, 28, 1)],
    ]),
  );
  mkdirSync(at('ml'));
  writeFileSync(at('ml/cifar10_activation_mean.npy'), writeNpy(mu));
  writeFileSync(at('ml/cifar10_activation_std.npy'), writeNpy(sigma));
  for (const reference of ['openai.npz', 'ml', 'ml/cifar10_activation_mean.npy']) {
    expect(await digitScore(at('a.npz'), at(reference), '--silent'), reference).toMatchObject({
      frechet_distance: expected,
      reference_samples: null,
    });
  }
  // Between two files of statistics nothing is computed, and no extractor is needed.
  expect(Math.abs((await json('fid', at('mnist-stats.npz'), at('openai.npz'))).frechet_inception_distance)).toBeLessThan(1e-8);
  const script = `import sys, numpy, scipy.linalg
a, b = (numpy.load(path) for path in sys.argv[1:])
root = scipy.linalg.sqrtm(a["sigma"] @ b["sigma"])
print(((a["mu"] - b["mu"]) ** 2).sum() + numpy.trace(a["sigma"] + b["sigma"] - 2 * numpy.real(root)))`;
  await json('fid', 'stats', at('a.npz'), '--features', 'digits', '--out', at('a-stats.npz'), '--silent');
  const python = spawnSync(process.env.TRACT_PYTHON ?? 'python3', ['-c', script, at('a-stats.npz'), at('mnist-stats.npz')], {
    encoding: 'utf8',
  });
  if (python.status !== 0)
    return context.skip(`no Python with numpy and scipy: ${python.stderr?.trim().split('\n').at(-1) ?? python.error?.message}`);
  // sqrtm of a product that is nearly singular
  expect(Math.abs(Number(python.stdout) / expected - 1)).toBeLessThan(1e-6);
});

test('features are kept by content, and a file that was cut short is not believed', async () => {
  images('kept.npz', 4, 70, 28, 1);
  const before = new Set(readdirSync(at('cache')));
  const first = await digitScore(at('kept.npz'), 'mnist:test');
  const written = readdirSync(at('cache')).filter((name) => !before.has(name));
  expect(written).toHaveLength(1);
  const again = await digitScore(at('kept.npz'), 'mnist:test');
  expect(again.frechet_distance).toBe(first.frechet_distance);
  const path = at(`cache/${written[0]}`);
  const whole = readFileSync(path);
  truncateSync(path, whole.length - 5);
  const repaired = await digitScore(at('kept.npz'), 'mnist:test');
  expect(repaired.said).toContain(`${written[0]} is not whole; the features are worked out anew`);
  expect(repaired.frechet_distance).toBe(first.frechet_distance);
  const flipped = Uint8Array.from(readFileSync(path));
  expect(flipped).toEqual(new Uint8Array(whole));
  flipped[flipped.length - 1] ^= 1;
  writeFileSync(path, flipped);
  expect((await digitScore(at('kept.npz'), 'mnist:test')).said).toContain('is not whole');
});

test('fewer images than features are warned of with the numbers, and extrapolated when asked', async () => {
  images('few.npz', 5, 40, 28, 1);
  const scores = await digitScore(at('few.npz'), 'mnist:test', '--extrapolate', '50K', '--no-cache');
  expect(scores.said).toContain('has only 40 images for 64 features');
  expect(scores).toMatchObject({ frechet_distance_extrapolated_count: 50_000 });
  expect(scores.frechet_distance_halves).toHaveLength(5);
  expect(scores.frechet_distance_extrapolated).toBeLessThan(scores.frechet_distance);
});

test('Inception: a torch file and a safetensors file of the same weights give the same scores, and are told from the published ones', async () => {
  const weights = madeInceptionWeights();
  writeFileSync(at('weights.pth'), writeTorch(weights));
  writeFileSync(at('weights.safetensors'), writeSafetensors(weights));
  images('colour.npz', 6, 3, 20, 3);
  images('other.npz', 7, 4, 32, 3);
  const run = (file: string, ...more: string[]) =>
    json('fid', at('colour.npz'), at('other.npz'), '--weights', at(file), '--silent', ...more);
  /** Score, and return with the scores the Inception features that are then in the cache of so many images besides. */
  const keeping = async (count: number, scoring: () => ReturnType<typeof json>) => {
    const cache = () => (existsSync(at('cache')) ? readdirSync(at('cache')) : []);
    const before = new Set(cache());
    const scores = await scoring();
    const written = cache().filter((name) => !before.has(name));
    const kept = written.map((name) => readSafetensors(new Uint8Array(readFileSync(at(`cache/${name}`)))).tensors.get('rows')!);
    return { scores, rows: kept.find(({ shape }) => String(shape) === `${count},2048`)!.data };
  };
  const { scores, rows } = await keeping(3, () => run('weights.pth', '--sfid', '--kid', '--mode', 'clean'));
  expect(scores.frechet_inception_distance).toBeGreaterThan(0);
  expect(scores.spatial_frechet_inception_distance).toBeGreaterThan(0);
  expect(scores).toMatchObject({ features: 2048, extractor: 'inception-2015-12-05, clean', samples: 3, reference_samples: 4 });
  expect(scores.said).toContain('weights.pth is not the published pt_inception-2015-12-05-6726825d.pth: its SHA-256 begins with');
  // As tract evaluate, which has the digit classifier only by default.
  const sides = ['--samples', at('colour.npz'), '--reference', at('other.npz'), '--silent'];
  const again = await json('evaluate', ...sides, '--features', 'inception', '--weights', at('weights.safetensors'), '--mode', 'clean');
  expect(again.frechet_inception_distance).toBe(scores.frechet_inception_distance);
  const other = await run('weights.safetensors', '--mode', 'tf1', '--threads', '1', '--no-cache');
  expect(other.frechet_inception_distance).not.toBe(scores.frechet_inception_distance);
  // The images alone decide their features: the first two rows are the same bits in a smaller batch and on one thread.
  const words = ['fid', at('colour.npz'), at('other.npz'), '--weights', at('weights.pth'), '--mode', 'clean', '--silent'];
  const few = await keeping(2, () => jsonApart(...words, '--count', '2', '--threads', '1'));
  expect(few.rows).toEqual(rows.slice(0, few.rows.length));
  const told = await json('fid', 'weights', at('weights.pth'));
  expect(told).toMatchObject({ format: 'torch', published: null });
});

test('without onnxruntime-node the command ends with exit code 4 and the remedy', async (context) => {
  const runtimeName: string = 'onnxruntime-node';
  const installed = await import(runtimeName).catch(() => undefined);
  if (installed) return context.skip('onnxruntime-node is installed here');
  writeFileSync(at('net.onnx'), 'a network');
  const { code, err } = await tractHere('fid', 'mnist:test', 'mnist:test', '--features', at('net.onnx'));
  expect(code).toBe(4);
  expect(err).toContain('npm install onnxruntime-node');
});

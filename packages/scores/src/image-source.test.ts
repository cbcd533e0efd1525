import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NamedArray, writeNpy, writeNpz, writeZip } from '@tract/checkpoint';
import { featureStatistics } from '@tract/metrics';
import { afterAll, expect, test } from 'vitest';
import { readImageSource } from './image-source.js';
import { encodeStatistics } from './statistics-file.js';

const folder = mkdtempSync(join(tmpdir(), 'tract-source-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string, content: Uint8Array | string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const images: NamedArray = { dtype: 'U8', shape: [2, 1, 1, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const features = { count: 12, mean: Float64Array.of(1, 2), covariance: Float64Array.of(2, 1, 1, 3) };

test('statistics come back as they were written, the spatial ones too', async () => {
  const path = at('stats.npz', encodeStatistics({ features, spatial: { ...features, mean: Float64Array.of(5, 6) } }));
  const { statistics, images: none } = await readImageSource(path);
  expect(statistics!.features).toEqual(features);
  expect(statistics!.spatial!.mean).toEqual(Float64Array.of(5, 6));
  expect(none).toBeUndefined();
});

test('an archive may hold images, under either name, beside statistics of an unknown number of images', async () => {
  const mu: NamedArray = { dtype: 'F32', shape: [1], data: Float32Array.of(3) };
  const sigma: NamedArray = { dtype: 'F32', shape: [1, 1], data: Float32Array.of(4) };
  const both = await readImageSource(
    at(
      'both.npz',
      writeNpz([
        ['arr_0', images],
        ['mu', mu],
        ['sigma', sigma],
      ]),
    ),
  );
  expect(both.images!.take(0, 2)).toEqual({ count: 2, height: 1, width: 1, channels: 3, data: images.data });
  expect(both.images!.take(1, 5)).toEqual({ count: 1, height: 1, width: 1, channels: 3, data: images.data.subarray(3) });
  expect(both.statistics!.features).toEqual({ count: 0, mean: Float64Array.of(3), covariance: Float64Array.of(4) });
  expect((await readImageSource(at('images.npy', writeNpy(images)))).images!.take(0, 2)).toEqual(both.images!.take(0, 2));
});

test('an archive may hold arrays of any type beside those that mean something, and the mean may be a row', async () => {
  const text = new TextEncoder().encode(`\x93NUMPY\x01\x00`);
  const path = at(
    'beside.npz',
    writeZip([
      ['mu.npy', writeNpy({ dtype: 'F64', shape: [1, 2], data: features.mean })],
      ['sigma.npy', writeNpy({ dtype: 'F64', shape: [2, 2], data: features.covariance })],
      ['name.npy', text],
      ['notes.txt', text],
    ]),
  );
  expect((await readImageSource(path)).statistics!.features).toEqual({ ...features, count: 0 });
});

test('a covariance that is not symmetric is none', async () => {
  const path = at('lower.npz', encodeStatistics({ features: { ...features, covariance: Float64Array.of(2, 0, 1, 3) } }));
  await expect(readImageSource(path)).rejects.toThrow(
    `${path}, mu and sigma: sigma is not symmetric, as a covariance is; its entries and their mirror images differ by up to 1.00`,
  );
});

test('features of score_sde become the statistics of their rows, which are read in parts', async () => {
  const rows = Float32Array.from({ length: 2 * 1100 }, (_, i) => Math.sin(i) + (i % 2));
  const path = at('pool.npz', writeNpz([['pool_3', { dtype: 'F32', shape: [1100, 2], data: rows }]]));
  expect((await readImageSource(path)).statistics!.features).toEqual(featureStatistics(rows, 2));
  const wrong = at('pool-wrong.npz', writeNpz([['pool_3', { dtype: 'U8', shape: [4, 2], data: new Uint8Array(8) }]]));
  await expect(readImageSource(wrong)).rejects.toThrow(`${wrong}, pool_3 must be float32 or float64 features [n, d]`);
});

test('big-endian statistics, as other machines write them, are read', async () => {
  const swapped = (shape: number[], values: Float64Array) => {
    const file = writeNpy({ dtype: 'F64', shape, data: values });
    const start = file.length - values.byteLength;
    for (let at = start; at < file.length; at += 8) file.subarray(at, at + 8).reverse();
    file[Buffer.from(file).indexOf('<f8')] = '>'.charCodeAt(0);
    return file;
  };
  const path = at(
    'big-endian.npz',
    writeZip([
      ['mu.npy', swapped([2], features.mean)],
      ['sigma.npy', swapped([2, 2], features.covariance)],
    ]),
  );
  expect((await readImageSource(path)).statistics!.features).toEqual({ ...features, count: 0 });
});

test('statistics in a dict that Python pickled, flat, in fid, or as an npy of an object', async (context) => {
  if (spawnSync('python3', ['-c', 'import numpy']).status !== 0) return context.skip('python3 with numpy is not installed');
  const code = `import sys, pickle, numpy as np
stats = {'mu': np.array([1., 2.]), 'sigma': np.array([[2., 1.], [1., 3.]], dtype=np.float32)}
pickle.dump(stats, open(sys.argv[1] + '/flat.pkl', 'wb'))
pickle.dump({'fid': stats, 'fd_dinov2': {'mu': np.zeros(3), 'sigma': np.zeros((3, 3))}}, open(sys.argv[1] + '/edm2.pkl', 'wb'), 2)
np.save(sys.argv[1] + '/dict.npy', stats)
np.save(sys.argv[1] + '/text.npy', np.array(['a'], dtype=object))`;
  expect(spawnSync('python3', ['-c', code, folder], { encoding: 'utf8' }).stderr).toBe('');
  for (const name of ['flat.pkl', 'edm2.pkl', 'dict.npy'])
    expect((await readImageSource(join(folder, name))).statistics!.features).toEqual({ ...features, count: 0 });
  await expect(readImageSource(join(folder, 'text.npy'))).rejects.toThrow('text.npy: expected a dict');
});

test.each<[string, string, Uint8Array | string, string]>([
  ['text', 'a.txt', 'text', 'unknown-source'],
  ['no images', 'none.npz', writeNpz([['other', images]]), 'invalid-data'],
  ['floats', 'float.npz', writeNpz([['images', { dtype: 'F32', shape: [1, 1, 1, 1], data: Float32Array.of(0) }]]), 'invalid-data'],
  ['half a pair of arrays', 'half.npz', writeNpz([['mu', { dtype: 'F64', shape: [1], data: Float64Array.of(0) }]]), 'invalid-data'],
  ['half a pair of files', 'x_activation_mean.npy', writeNpy({ dtype: 'F64', shape: [1], data: Float64Array.of(0) }), 'invalid-data'],
])('%s: refused with a kind and the name of the file', async (_what, name, content, kind) => {
  const path = at(name, content);
  await expect(readImageSource(path)).rejects.toMatchObject({ name: 'ScoresError', kind, message: expect.stringContaining(path) });
});

test('a path where nothing is', async () => {
  await expect(readImageSource(join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'missing' });
});

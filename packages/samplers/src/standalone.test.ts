import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { vpGrid } from '@tract/schedules';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { clampedDenoiser, ddim, drain, float32SpaceWithSeed, startNoise } from './index.js';
import { gaussianDenoiser } from './testing/index.js';
import { onnxGaussian } from './testing/onnx-gaussian.js';

const packages = fileURLToPath(new URL('../..', import.meta.url));

async function bundled(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: packages },
    ...{ bundle: true, minify: true, write: false, metafile: true, format: 'esm', conditions: ['@tract/source'] },
  });
  const rooms = new Set(Object.keys(metafile.inputs).map((path) => /packages\/(\w+)\/src/.exec(path)?.[1] ?? path));
  return { rooms, size: gzipSync(outputFiles[0].contents).length };
}

// About a third is what is said when something is wrong; 12 kB for all would need what only training uses of the schedules in an entry of its own.
test('both front doors whole are less than 14.3 kB of gzipped JavaScript, and ask for nothing else', async () => {
  const { rooms, size } = await bundled("export * from '@tract/samplers'; export * from '@tract/schedules';");
  expect(rooms).toEqual(new Set(['samplers', 'schedules', '<stdin>']));
  expect(size).toBeLessThan(14_300);
});

test.each([
  ['ddim', 'flowGrid', 1570],
  ['multistepConsistency', 'vpGrid', 1620],
  ['ddim', 'vpGrid', 1740],
  ['heun', 'edmGrid', 1795],
])('%s with %s is less than %i bytes of it', async (sampler, grid, most) => {
  expect((await bundled(`export { ${sampler} } from '@tract/samplers'; export { ${grid} } from '@tract/schedules';`)).size).toBeLessThan(
    most,
  );
});

// Names a node_modules folder with the package, which is large and only this test's.
const installed = process.env.TRACT_ONNXRUNTIME_WEB;

test('the example draws by onnxruntime-web where TensorFlow.js is not installed', async (context) => {
  if (!installed) return context.skip('TRACT_ONNXRUNTIME_WEB does not name a node_modules folder with onnxruntime-web');
  for (const name of ['samplers', 'schedules'])
    if (!existsSync(join(packages, name, 'dist/index.js'))) return context.skip(`@tract/${name} is not built`);
  const folder = mkdtempSync(join(tmpdir(), 'tract-samplers-'));
  mkdirSync(join(folder, 'node_modules/@tract'), { recursive: true });
  for (const name of ['samplers', 'schedules'])
    for (const part of ['package.json', 'dist'])
      cpSync(join(packages, name, part), join(folder, 'node_modules/@tract', name, part), { recursive: true });
  symlinkSync(join(installed, 'onnxruntime-web'), join(folder, 'node_modules/onnxruntime-web'));
  cpSync(join(packages, 'samplers/examples/onnxruntime-web.mjs'), join(folder, 'example.mjs'));
  writeFileSync(join(folder, 'model.onnx'), onnxGaussian(0.5, [1, 1, 28, 28]));
  const { stdout, stderr } = spawnSync(process.execPath, ['example.mjs', 'model.onnx', '8'], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(stderr).toBe('');
  const space = float32SpaceWithSeed(1);
  const levels = vpGrid(8);
  const xT = startNoise(space, new Float32Array(784), levels[0]);
  const expected = await drain(ddim(space, clampedDenoiser(space, gaussianDenoiser(space, 0.5)), xT, levels));
  const drawn: number[] = JSON.parse(stdout);
  expect(drawn.length).toBe(784);
  drawn.forEach((pixel, i) => {
    expect(pixel).toBeCloseTo(expected[i], 5); // the model's float32
  });
});

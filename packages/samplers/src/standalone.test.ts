import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../..', import.meta.url));

async function bundled(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: packages },
    ...{ bundle: true, minify: true, write: false, metafile: true, format: 'esm', conditions: ['@tract/source'] },
  });
  const rooms = new Set(Object.keys(metafile.inputs).map((path) => /packages\/(\w+)\/src/.exec(path)?.[1] ?? path));
  return { rooms, size: gzipSync(outputFiles[0].contents, { level: 9 }).length };
}

test('both front doors whole are less than 12 kB of gzipped JavaScript, and ask for nothing else', async () => {
  const { rooms, size } = await bundled("export * from '@tract/samplers'; export * from '@tract/schedules';");
  expect(rooms).toEqual(new Set(['samplers', 'schedules', '<stdin>']));
  expect(size).toBeLessThan(12_000);
});

// About 1.1 kB of each are its guards: levels, answers, weights, abort, progress and what is freed.
const samplers = {
  1500: ['ddim', 'heun', 'flowHeun', 'multistepConsistency', 'tcd'],
  1550: ['ancestral', 'flowAncestral'],
  1750: ['edmStochastic'],
  1900: ['dpm2', 'dpmSolver2S', 'dpmSolverSDE', 'dpmSolver2M', 'dpmSolver3M'],
  2250: ['lms', 'deis', 'ipndm', 'plms', 'pndm', 'unipc', 'saSolver'],
};
const grids = ['flowGrid', 'vpGrid', 'logSNRGrid', 'edmGrid', 'exponentialSigmas'];

test.each(Object.entries(samplers).flatMap(([most, names]) => names.map((name) => [name, Number(most)] as const)))(
  '%s with any plain grid is at most %i bytes of it',
  async (sampler, most) => {
    for (const grid of grids) {
      const { size } = await bundled(`export { ${sampler} } from '@tract/samplers'; export { ${grid} } from '@tract/schedules';`);
      expect(size, grid).toBeLessThanOrEqual(most);
    }
  },
);

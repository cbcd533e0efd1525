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
  return { rooms, size: gzipSync(outputFiles[0].contents).length };
}

test('both front doors whole are less than 12 kB of gzipped JavaScript, and ask for nothing else', async () => {
  const { rooms, size } = await bundled("export * from '@tract/samplers'; export * from '@tract/schedules';");
  expect(rooms).toEqual(new Set(['samplers', 'schedules', '<stdin>']));
  expect(size).toBeLessThan(12_000);
});

test.each([
  ['ddim', 'flowGrid', 1560],
  ['multistepConsistency', 'vpGrid', 1600],
  ['ddim', 'vpGrid', 1725],
  ['heun', 'edmGrid', 1780],
])('%s with %s is less than %i bytes of it', async (sampler, grid, most) => {
  expect((await bundled(`export { ${sampler} } from '@tract/samplers'; export { ${grid} } from '@tract/schedules';`)).size).toBeLessThan(
    most,
  );
});

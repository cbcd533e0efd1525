import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildWasm, sourceFingerprint, zigVersion } from '../build-wasm.mjs';

const folder = fileURLToPath(new URL('../wasm/', import.meta.url));
const modules = readdirSync(folder).filter((file) => file.endsWith('.wasm'));

test('the modules are built from the sources as they are', () => {
  const recorded = readFileSync(join(folder, 'fingerprint'), 'utf8').trim();
  expect(
    recorded,
    'the C++ sources have changed: run `npm run build:wasm -w @tract/backend-wasm` and commit packages/backend-wasm/wasm',
  ).toBe(sourceFingerprint());
});

test('a module is at most 150 kB, compressed', () => {
  expect(modules.length).toBe(3);
  for (const file of modules) expect(gzipSync(readFileSync(join(folder, file))).length, file).toBeLessThan(150_000);
});

function lacking() {
  if (process.env.ZIG === undefined) return `set ZIG to a zig ${zigVersion}`;
  const version = execFileSync(process.env.ZIG, ['version'], { encoding: 'utf8' }).trim();
  return version === zigVersion ? undefined : `ZIG is ${version}, the modules are built with ${zigVersion}`;
}

const reason = lacking();
if (reason !== undefined) console.warn(`the WebAssembly modules are not built anew and compared: ${reason}`);

test.skipIf(reason !== undefined)(`a build gives the same bytes${reason ? ` (skipped: ${reason})` : ''}`, async () => {
  const built = mkdtempSync(join(tmpdir(), 'tract-wasm-'));
  try {
    await buildWasm(built);
    for (const file of modules) expect(readFileSync(join(built, file)).equals(readFileSync(join(folder, file))), file).toBe(true);
  } finally {
    rmSync(built, { recursive: true });
  }
});

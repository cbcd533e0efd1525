import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type AddonPlace, addonPlaces, loadAddon, NativeUnavailableError } from './load-addon.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-addon-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const damaged: AddonPlace = { origin: 'prebuilt', path: join(scratch, 'tract.node') };
writeFileSync(damaged.path, 'not a library');
const own = addonPlaces().filter(({ origin }) => origin === 'own build');

describe('the addon', () => {
  test('is taken from the next place when a prebuilt binary does not load, and the reason is kept', () => {
    const { origin, path, rejected } = loadAddon([damaged, ...own]);
    expect({ origin, path }).toEqual(own[0]);
    expect(rejected).toEqual([{ ...damaged, reason: expect.stringContaining(damaged.path) }]);
  });

  test('that is nowhere is a typed error with the remedy', () => {
    expect(() => loadAddon([])).toThrow(NativeUnavailableError);
    expect(() => loadAddon([])).toThrow(/no compiled kernels for .*; build them with 'node .*build\.mjs'/);
  });

  test('that does not load is an error that names the file, its reason and the remedy', () => {
    expect(() => loadAddon([damaged])).toThrow(/cannot load .*tract\.node \(.+\); build them with/);
  });

  test('that was built from another table of kernels is not used', async () => {
    vi.resetModules();
    vi.doMock('./kernel-table.mjs', () => ({ tableText: 'another table' }));
    const other = await import('./load-addon.js');
    expect(() => other.loadAddon(own)).toThrow(
      /cannot load .*tract\.node \(it was built from another version of the kernels\); build them with/,
    );
    vi.doUnmock('./kernel-table.mjs');
  });
});

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type StubAddon = {
  /** True if its TensorFlow finds a GPU. */
  readonly gpu?: boolean;
  /** The words with which it fails to load. */
  readonly fails?: string;
  /** True to leave out half of the sums in the gradient of a convolution. */
  readonly wrongGradient?: boolean;
};

export type StubProject = {
  readonly folder: string;
  /** As a file of the project would require. */
  readonly require: NodeJS.Require;
  readonly remove: () => void;
};

/**
 * A project in a scratch folder, with stub addons among its packages by name, and the TensorFlow.js core of this workspace, or one of the version
 * `core`, which cannot be loaded.
 */
export function stubProject(addons: Readonly<Record<string, StubAddon>>, core?: string): StubProject {
  const folder = mkdtempSync(join(tmpdir(), 'tract-tensorflow-'));
  const write = (name: string, manifest: object): string => {
    const at = join(folder, 'node_modules', '@tensorflow', name);
    mkdirSync(at, { recursive: true });
    writeFileSync(
      join(at, 'package.json'),
      JSON.stringify({ name: `@tensorflow/${name}`, version: '4.22.0', main: 'index.js', ...manifest }),
    );
    return at;
  };
  for (const [name, behaviour] of Object.entries(addons)) {
    const at = write(name, {});
    copyFileSync(fileURLToPath(new URL('./stub-addon.cjs', import.meta.url)), join(at, 'index.js'));
    writeFileSync(join(at, 'behaviour.json'), JSON.stringify({ gpu: false, ...behaviour }));
  }
  writeFileSync(join(write('tfjs', {}), 'index.js'), "module.exports = require('@tensorflow/tfjs-core');");
  if (core !== undefined) write('tfjs-core', { version: core });
  else {
    const ours = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json'));
    symlinkSync(ours, join(folder, 'node_modules', '@tensorflow', 'tfjs-core'), 'junction');
  }
  return { folder, require: createRequire(join(folder, 'package.json')), remove: () => rmSync(folder, { recursive: true }) };
}

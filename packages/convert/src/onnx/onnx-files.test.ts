import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { joinPieces } from '@tract/checkpoint';
import { randomNormals } from '@tract/tensor';
import type { UNetConfig } from '@tract/unet';
import { afterAll, expect, test } from 'vitest';
import type { HostModel, PlannedFile } from '../destinations/destination.js';
import { planConversion } from '../plan-conversion.js';
import { onnxRuntime, runOnnx } from '../testing/onnx-runtimes.js';
import { gainfulWeights } from '../testing/random-weights.js';

const folder = mkdtempSync(join(tmpdir(), 'tract-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = {
  imageSize: 8,
  inChannels: 1,
  channels: 16,
  embChannels: 32,
  channelMult: [1, 2],
  blocks: 1,
  attentionResolutions: [4],
  groups: 4,
};
const network: UNetConfig = { kind: 'unet', ...shape, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 3 };
const model: HostModel = {
  name: 'model',
  description: { network, prediction: 'v', samplingSteps: [1], data: 'none' },
  tensors: gainfulWeights(network, 2),
};
const bytesOf = ({ content }: PlannedFile) => joinPieces(content());
const textOf = (file: PlannedFile | undefined) => new TextDecoder().decode(bytesOf(file!));

/** Write a plan's files and return the path of the last, the model. */
function written(files: readonly PlannedFile[], as: string): string {
  for (const file of files) writeFileSync(join(folder, `${as}${file.name.endsWith('_data') ? '_data' : ''}`), bytesOf(file));
  return join(folder, as);
}

const small = planConversion(model, { destination: 'onnx', fileName: 'small.onnx' }).files!;
const split = planConversion(model, { destination: 'onnx', fileName: 'split.onnx', onnxFileLimit: 1e5 }).files!;
const half = planConversion(model, { destination: 'onnx', fileName: 'half.onnx', onnx: { type: 'float16', oneStep: true } }).files!;

test('a model beyond the limit of Protocol Buffers has its weights in a file beside it', async (context) => {
  expect(split.map(({ name }) => name)).toEqual(['split.onnx_data', 'split.onnx']);
  expect(bytesOf(split[1]).length).toBeLessThan(1e5);
  const runtime = await onnxRuntime('onnxruntime-node');
  if (!runtime) return context.skip('needs onnxruntime-node: npm install --no-save --ignore-scripts onnxruntime-node');
  const inputs = {
    xt: { data: randomNormals({ seed: 1, sample: 0 }, 192), dims: [3, 1, 8, 8] },
    logSNR: { data: Float32Array.of(-3, 0, 5), dims: [3] },
    labels: { data: [2, 0, 1], dims: [3] },
  };
  const [whole, parts] = [written(small, 'small.onnx'), written(split, 'split.onnx')];
  expect(await runOnnx(runtime, parts, inputs)).toEqual(await runOnnx(runtime, whole, inputs));
});

const python = '/usr/bin/python3';
const check = 'import sys, onnx\nfor path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)';
const hasChecker = await promisify(execFile)(python, ['-c', 'import onnx']).then(
  () => true,
  () => false,
);
test("Python's onnx.checker finds nothing, shapes inferred", async (context) => {
  if (!hasChecker) return context.skip('needs the Debian package python3-onnx');
  const paths = [written(small, 'small.onnx'), written(split, 'split.onnx'), written(half, 'half.onnx')];
  expect(await promisify(execFile)(python, ['-c', check, ...paths])).toMatchObject({ stderr: '' });
});

test('a folder for the Hub has the names that transformers.js looks for, and a scheduler of the same levels', () => {
  const { files } = planConversion(model, { destination: 'onnx-folder' });
  expect(files!.map(({ name }) => name)).toEqual(['onnx/model.onnx', 'config.json', 'scheduler_config.json', 'README.md']);
  const named = new Map(files!.map((file) => [file.name, file]));
  expect(JSON.parse(textOf(named.get('config.json')))).toMatchObject({ model_type: 'tract', network, prediction: 'v', samplingSteps: [1] });
  const scheduler = JSON.parse(textOf(named.get('scheduler_config.json')));
  expect(scheduler).toMatchObject({ _class_name: 'DDIMScheduler', prediction_type: 'sample', timestep_spacing: 'trailing' });
  // The product of all 1 - beta up to half the steps is alpha² = 1/2, in the middle of the cosine schedule; up to the end it is sigmoid(-20.0011).
  const products = (scheduler.trained_betas as number[]).map(
    (
      (product) => (beta: number) =>
        (product *= 1 - beta)
    )(1),
  );
  expect(products[511]).toBeCloseTo(0.5, 5);
  expect(Math.log(products[1023])).toBeCloseTo(-20.0011, 3);
  const external = planConversion(model, { destination: 'onnx-folder', onnx: { type: 'float16' }, onnxFileLimit: 1e5 }).files!;
  expect(external.slice(0, 2).map(({ name }) => name)).toEqual(['onnx/model_fp16.onnx_data', 'onnx/model_fp16.onnx']);
  expect(JSON.parse(textOf(external[2]))['transformers.js_config']).toEqual({ use_external_data_format: true });
});

test("models on EDM's levels go without a scheduler, which diffusers does not have for them, and the plan says so", () => {
  const process = { kind: 'edm', sigmaMax: 40 } as const;
  const edm = { ...model, description: { ...model.description, prediction: 'x0', preconditioning: { kind: 'edm' }, process } } as const;
  const { files, notes } = planConversion(edm, { destination: 'onnx-folder' });
  expect(files!.map(({ name }) => name)).toEqual(['onnx/model.onnx', 'config.json', 'README.md']);
  expect(notes).toEqual([
    expect.stringMatching(/no scheduler_config.json: diffusers has no scheduler for a graph that takes x0 \+ sigma eps/),
  ]);
  expect(textOf(files![2])).toMatch(/sigma from 40 to 0.002, even in sigma\^\(1\/7\)/);
});

test("a student's one step has nothing to schedule", () => {
  const { files, notes } = planConversion(model, { destination: 'onnx-folder', onnx: { oneStep: true } });
  expect(files!.map(({ name }) => name)).toEqual(['onnx/model.onnx', 'config.json', 'README.md']);
  expect(notes).toEqual([]);
});

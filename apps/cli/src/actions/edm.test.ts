import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedArray, readNpz } from '@tract/checkpoint';
import { modelPart } from '@tract/model';
import { leaves, randomNormals } from '@tract/tensor';
import { type NetworkConfig, networkSpec, type ParamSpec } from '@tract/unet';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readModel } from '../models/model-folder.js';
import { trainPresets } from '../presets/presets.js';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { readLog, scratchFolder, startTract, until } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';
import { writeModel } from '../testing/write-model.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits')) };
const folder = (name: string): string => join(scratch.path, name);
const few = ['--images', '8', '--batch', '4', '--threads', '1', '--silent'];

for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
afterAll(() => void vi.unstubAllEnvs());

/** Run a command in this process; it must end well. */
async function json(...args: string[]) {
  const { code, out, err } = await tractHere(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

async function bytesOf(name: string): Promise<Buffer> {
  return Buffer.from((await readNpz(readFileSync(folder(name)))).get('images')!.data as Uint8Array);
}

beforeAll(async () => {
  await json('train', '--preset', 'mnist-edm-tiny', '--out', folder('teacher'), ...few, '--batch', '2');
  await json('distill', '--preset', 'mnist-tract-edm', '--teacher', folder('teacher/model'), '--out', folder('student'), ...few);
});
afterAll(scratch.remove);

test('a model folder keeps what stands around the network, and a student the grid that it knows', () => {
  const teacher = readModel(folder('teacher/model'));
  const around = { network: { kind: 'song' }, prediction: 'x0', preconditioning: { kind: 'edm', sigmaData: 0.6 } };
  expect(teacher).toMatchObject({ ...around, samplingSteps: [18] });
  expect(teacher.process).toEqual({ kind: 'edm' });
  const student = readModel(folder('student/model'));
  expect(student).toMatchObject({ ...around, samplingSteps: [1], recipe: { method: 'tract-edm', schedule: [40, 1] } });
  expect(student.process).toEqual({ kind: 'edm', timesteps: 40 });
});

test('a teacher is drawn by Heun, a student by DDIM', async () => {
  const draw = (model: string, ...more: string[]) =>
    json('sample', folder(model), '--count', '2', '--out', folder('a.npz'), '--silent', ...more);
  expect(await draw('teacher/model', '--steps', '3')).toMatchObject({ sampler: 'heun', steps: 3, nfe: 5 });
  expect(await draw('student/model', '--steps', '2')).toMatchObject({ sampler: 'ddim', steps: 2, nfe: 2 });
  expect(await tractHere('sample', folder('student/model'), '--steps', '3', '--out', folder('b.npz'))).toEqual({
    code: 2,
    out: '',
    err: 'error: --steps 3 cannot be: this student knows the levels of 40 steps; expected a number of steps that divides it, got 3\n',
  });
  const score = await json(
    'evaluate',
    '--samples',
    folder('teacher/model'),
    '--steps',
    '2',
    '--count',
    '8',
    '--sigma-max',
    '20',
    '--silent',
  );
  expect(score).toMatchObject({ sampler: 'heun', nfe: 3, samples: 8 });
});

test('with churn an image depends on the seed and its number, not on the batch it is drawn in', async () => {
  const draw = (out: string, ...more: string[]) =>
    json('sample', folder('teacher/model'), '--steps', '3', '--count', '5', '--out', folder(out), '--silent', ...more);
  await draw('one.npz', '--churn', '2', '--batch', '5');
  await draw('two.npz', '--churn', '2', '--batch', '2', '--threads', '1');
  await draw('none.npz', '--batch', '5');
  await draw('between.npz', '--churn', '2', '--churn-min', '1000');
  expect((await bytesOf('one.npz')).equals(await bytesOf('two.npz'))).toBe(true);
  expect((await bytesOf('one.npz')).equals(await bytesOf('none.npz'))).toBe(false);
  expect((await bytesOf('between.npz')).equals(await bytesOf('none.npz'))).toBe(true);
});

test('stopped and resumed, it ends in the same bytes as if it had not been stopped', async () => {
  const training = (run: string) => ['train', '--preset', 'mnist-edm-tiny', '--out', folder(run), ...few, '--images', '160'];
  const run = startTract(training('stopped'), env);
  await until(run, () => readLog(folder('stopped')).some(({ step }) => step >= 20));
  run.child.kill('SIGINT');
  expect(await run.ended).toMatchObject({ code: 130 });
  await json(...training('stopped'), '--resume');
  await json(...training('whole'));
  for (const file of ['model/model.safetensors', 'checkpoints/step-40/state.safetensors'])
    expect(readFileSync(folder(`stopped/${file}`)).equals(readFileSync(folder(`whole/${file}`))), file).toBe(true);
});

test.each<[string, string[], object]>([
  [
    'two predictions at discrete times',
    ['mnist-tiny', '--prediction', 'x0+eps', '--timesteps', '100'],
    { prediction: 'x0+eps', network: { outputs: 2 } },
  ],
  [
    'a constant rate and a fixed momentum',
    ['mnist-tiny', '--decay', 'constant', '--ema-momentum', '0.9'],
    { recipe: { emaMomentum: 0.9 } },
  ],
  ['augmented images', ['mnist-edm-tiny', '--augment', '0.5', '--lr-ramp', '4'], { recipe: { augment: 0.5, rampImages: 4 } }],
])('a teacher is trained with %s, and its card says how', async (_, [preset, ...options], expected) => {
  const out = folder(options.join('').replaceAll(/[^a-z]/g, ''));
  await json('train', '--preset', preset, '--out', out, ...few, ...options);
  expect(readModel(join(out, 'model'))).toMatchObject(expected);
  const card = readFileSync(join(out, 'model/README.md'), 'utf8');
  expect(card).toContain(`\`tract train --preset ${preset} `);
  for (const option of options.join(' ').match(/--\S+ \S+/g)!) expect(card).toContain(option);
});

test('a network of classes is told those of its images, and draws the one that it is asked for', async () => {
  const { network, ...around } = modelPart(trainPresets['mnist-edm-tiny']);
  const conditional: NetworkConfig = { ...network, classes: 10 };
  const weights = leaves<ParamSpec>(networkSpec(conditional)).map(([path, { shape }], sample): [string, NamedArray] => {
    const values = randomNormals(
      { seed: 1, sample },
      shape.reduce((product, side) => product * side, 1),
    );
    return [path, { dtype: 'F32', shape, data: values.map((value) => value / 4) }];
  });
  writeModel(folder('classes'), { ...around, network: conditional, samplingSteps: [], data: 'bars' }, weights, '# Bars\n');
  await json(
    'distill',
    '--preset',
    'mnist-tract-edm',
    '--teacher',
    folder('classes'),
    '--schedule',
    '4,2',
    '--out',
    folder('of-classes'),
    ...few,
  );
  const student = folder('of-classes/model');
  const draw = (out: string, ...more: string[]) =>
    json('sample', student, '--steps', '2', '--count', '3', '--out', folder(out), '--silent', ...more);
  for (const [out, wanted] of [
    ['three', 3],
    ['four', 4],
  ] as const)
    await draw(`${out}.npz`, '--class', String(wanted));
  await draw('drawn.npz', '--batch', '3');
  await draw('again.npz', '--batch', '2');
  expect((await bytesOf('three.npz')).equals(await bytesOf('four.npz'))).toBe(false);
  expect((await bytesOf('drawn.npz')).equals(await bytesOf('again.npz'))).toBe(true);
  const refused = await tractHere('sample', student, '--steps', '2', '--class', '10', '--out', folder('none.png'), '--silent');
  expect(refused).toEqual({ code: 2, out: '', err: "error: --class 10 is none of this model's 10 classes, counted from 0\n" });
});

test('a dry run reads a batch, counts, and writes nothing', async () => {
  const before = readdirSync(scratch.path);
  const value = await json('distill', '--preset', 'mnist-tract-edm', '--dry-run', '--batch', '4', '--images', '400');
  expect(value).toMatchObject({
    command: 'distill',
    teacherIsThere: false,
    parameters: 1_259_393,
    updates: 100,
    phases: [{ steps: [40, 1], updates: 100 }],
    memory: { copies: 7, weights: 7 * 4 * 1_259_393 },
    batch: { read: true, images: 64, shape: [4, 28, 28, 1], range: [-1, 1] },
  });
  // Heun's two calls, the self-teacher's one, and the student's forward and backward pass.
  expect(value.multiplyAdds.update).toBe(6 * value.multiplyAdds.call);
  expect(value.phases[0].emaMomentum).toBeCloseTo(1e-3 ** (1 / 100), 12);
  const there = await json('distill', '--preset', 'mnist-tract-edm', '--teacher', folder('teacher/model'), '--dry-run');
  expect(there).toMatchObject({ teacherIsThere: true, model: { network: { channels: 8 } } });
  expect(readdirSync(scratch.path)).toEqual(before);
  expect(existsSync('RUN')).toBe(false);
});

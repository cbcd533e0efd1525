import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NamedArray, writeSafetensors, writeTorch } from '@tract/checkpoint';
import { edmFilters, edmPlaces, fromEdmSettings, mlTractPlaces } from '@tract/convert';
import { cosineLevel, cosineLogSNR, edmSigmas } from '@tract/schedules';
import type { UNetConfig } from '@tract/unet';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parity } from './parity.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tract-parity-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, bytes: Uint8Array) => writeFileSync(join(directory, name), bytes);
const f64 = (values: readonly number[]): NamedArray => ({ dtype: 'F64', shape: [values.length], data: Float64Array.from(values) });
const f32 = (...shape: number[]): NamedArray => ({ dtype: 'F32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
const file = (tensors: Record<string, NamedArray>, metadata: Record<string, string> = {}) =>
  writeSafetensors(Object.entries(tensors), metadata);

const times = [0, 0.25, 0.5, 1];
function schedulesFile(change: (logSNR: number[]) => number[] = (same) => same): Uint8Array {
  return file({
    t: f64(times),
    'cosine.logsnr': f64(change(times.map((t) => cosineLogSNR(t)))),
    'cosine.gamma': f64(times.map((t) => cosineLevel(t).alpha ** 2)),
    'edm.sigma.5': f64([...edmSigmas(5)].reverse()),
  });
}

/** Run the tool on the directory; rows by file name. */
async function run(...args: string[]) {
  const printed: string[] = [];
  const told: string[] = [];
  const code = await parity(
    [directory, '--backend', 'cpu', ...args],
    (line) => printed.push(line),
    (line) => told.push(line),
  );
  return { code, printed, told, row: (name: string) => printed.find((line) => line.startsWith(name)) ?? '' };
}

test('a file that agrees gives ok and exit code 0', async () => {
  write('schedules.safetensors', schedulesFile());
  const { code, row, printed } = await run();
  expect(row('schedules.safetensors')).toMatch(/schedules +- +\d\.\de[+-]\d+ +1\.0e-12 +ok/);
  expect(printed.at(-1)).toBe('1 ok, 0 missed, 0 broken, 0 not known');
  expect(code).toBe(0);
});

test('kinds are recognised by content, not by name', async () => {
  write('anything.safetensors', schedulesFile());
  expect((await run()).row('anything.safetensors')).toMatch(/schedules .* ok/);
});

test.each<[string, (logSNR: number[]) => number[]]>([
  ['beyond its tolerance', (logSNR) => logSNR.map((value, i) => (i === 1 ? value * (1 + 1e-9) : value))],
  ['not a number', (logSNR) => [...logSNR.slice(1), Number.NaN]],
])('a number %s is a miss, named in its row, and exit code 1', async (_, change) => {
  write('schedules.safetensors', schedulesFile(change));
  const { code, row } = await run();
  expect(row('schedules.safetensors')).toMatch(/MISS +cosine\.logsnr, 1 of 3 missed$/);
  expect(code).toBe(1);
});

test('a truncated file is a row of its own and exit code 1; the files beside it are still checked', async () => {
  const whole = schedulesFile();
  write('cut-data.safetensors', whole.subarray(0, whole.length - 8));
  write('cut-header.safetensors', whole.subarray(0, 40));
  write('empty.safetensors', new Uint8Array());
  write('schedules.safetensors', whole);
  const { code, row } = await run();
  for (const name of ['cut-data', 'cut-header', 'empty']) expect(row(name)).toMatch(/BROKEN +\S+/);
  expect(row('cut-data')).toContain('was it copied whole?');
  expect(row('schedules')).toMatch(/ ok /);
  expect(code).toBe(1);
});

test('files of no known kind are listed and do not fail; folders are passed over', async () => {
  write('notes.txt', new TextEncoder().encode('hello'));
  write('other.safetensors', file({ foo: f32(2) }));
  mkdirSync(join(directory, 'folder'));
  write('schedules.safetensors', schedulesFile());
  const { code, row, printed } = await run();
  expect(row('notes.txt')).toMatch(/not known$/);
  expect(row('other.safetensors')).toMatch(/not known$/);
  expect(row('folder')).toBe('');
  expect(printed.at(-1)).toBe('1 ok, 0 missed, 0 broken, 2 not known');
  expect(code).toBe(0);
});

const settings = {
  in_channel: 3,
  channel: 32,
  emb_channel: 8,
  channel_multiplier: [1],
  n_res_blocks: 1,
  attn_rezs: [],
  attn_heads: 1,
  init_rez: 4,
};
const network = { x: f32(1, 3, 4, 4), logsnr: f32(1), out: f32(1, 3, 4, 4), 'param.time.0.weight': f32(8, 32) };

test.each<[string, Record<string, unknown>, RegExp]>([
  ['lacks a parameter', settings, /tensor 'param\..*' is missing/],
  ['describes an impossible network', { ...settings, channel: 33 }, /channels must be/],
  ['describes another network', { ...settings, logsnr_input_type: 'linear' }, /'linear', ours knows 'inv_cos' only/],
])('a network file that %s is broken, and says so', async (_, config, reason) => {
  write('network.safetensors', file(network, { config: JSON.stringify(config) }));
  const { code, row } = await run();
  expect(row('network.safetensors')).toMatch(/unet +cpu .*BROKEN/);
  expect(row('network.safetensors')).toMatch(reason);
  expect(code).toBe(1);
});

test('a parameter that the network does not have makes a file broken', async () => {
  write('network.safetensors', file({ ...network, 'param.extra.weight': f32(1) }, { config: JSON.stringify(settings) }));
  expect((await run()).row('network.safetensors')).toContain("'param.extra.weight' belongs to no parameter");
});

test('a torch file beside the golden file of the same network must hold the same bits', async () => {
  const shape = {
    kind: 'unet' as const,
    imageSize: 4,
    inChannels: 3,
    channels: 32,
    embChannels: 8,
    channelMult: [1],
    blocks: 1,
    attentionResolutions: [],
    heads: 1,
  };
  const config: UNetConfig = { ...shape, scaleShift: false, resampleInBlocks: false, outputs: 1, classes: 1 };
  const state = [...mlTractPlaces(config).values()].map(({ names: [name], shape }, i): [string, NamedArray] => {
    const array = f32(...shape);
    (array.data as Float32Array).fill(i + 0.1);
    return [name, array];
  });
  const golden = state.map(([name, array]): [string, NamedArray] => [`param.${name}`, array]);
  write('net.safetensors', file(Object.fromEntries(golden), { config: JSON.stringify(settings) }));
  write('net.pt', writeTorch(state));
  write('alone.pt', writeTorch(state));
  expect((await run()).row('net.pt')).toMatch(/torch-file .* ok /);
  expect((await run()).row('alone.pt')).toMatch(/not known$/);
  const last = state.at(-1)!;
  (last[1].data as Float32Array)[0] += 1e-5;
  write('net.pt', writeTorch(state));
  expect((await run()).row('net.pt')).toMatch(new RegExp(`MISS +${last[0]}, 1 of ${state.length} missed$`));
  write('net.pt', writeTorch(state.slice(1)));
  expect((await run()).row('net.pt')).toMatch(/BROKEN +parameter '.*' is missing/);
});

/** A small network of EDM's as the files hold one: zeros, but for what a state dict keeps beside its parameters, so its output is cSkip times its input. */
function edmFile(change: (tensors: Record<string, NamedArray>) => void = () => {}, changed: Record<string, unknown> = {}): Uint8Array {
  const settings = { img_resolution: 8, img_channels: 1, label_dim: 3, model_type: 'SongUNet', model_channels: 4, ...changed };
  const config = { ...settings, channel_mult: [1, 1], num_blocks: 1, attn_resolutions: [], channel_mult_emb: 1 };
  const network = fromEdmSettings(config);
  const state: Record<string, NamedArray> = {};
  for (const [name, { shape, values }] of edmFilters(network)) state[`param.${name}`] = { dtype: 'F32', shape: [...shape], data: values };
  for (const { names, shape } of edmPlaces(network).values()) state[`param.${names[0]}`] = f32(...shape);
  const images = (value: number): NamedArray => ({ dtype: 'F32', shape: [2, 1, 8, 8], data: new Float32Array(128).fill(value) });
  const tensors: Record<string, NamedArray> = {
    ...state,
    x: images(2),
    sigma: { dtype: 'F32', shape: [2], data: Float32Array.of(0.5, 0.5) },
    labels: { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 1, 0, 0, 0, 1) },
    out: images(1), // cSkip is 1/2 where sigma is the spread of the data
    cotangent: images(1),
    'grad.x': images(1 / 256),
  };
  change(tensors);
  return file(tensors, { config: JSON.stringify(config) });
}

test("EDM's networks are told apart by their settings and compared under their preconditioning", async () => {
  write('one.safetensors', edmFile());
  write(
    'two.safetensors',
    edmFile(() => {}, { embedding_type: 'fourier', encoder_type: 'residual', resample_filter: [1, 3, 3, 1] }),
  );
  write(
    'three.safetensors',
    edmFile(() => {}, { model_type: 'DhariwalUNet' }),
  );
  const { code, row } = await run();
  expect(row('one.safetensors')).toMatch(/edm-ddpmpp +cpu .* ok/);
  expect(row('two.safetensors')).toMatch(/edm-ncsnpp +cpu .* ok/);
  expect(row('three.safetensors')).toMatch(/edm-adm +cpu .* ok/);
  expect(code).toBe(0);
});

test.each<[string, (tensors: Record<string, NamedArray>) => unknown, RegExp]>([
  ['lacks a parameter', (tensors) => delete tensors['param.model.map_layer0.bias'], /'param.model.map_layer0.bias' is missing/],
  [
    'has a parameter of another network',
    (tensors) => Object.assign(tensors, { 'param.model.extra': f32(1) }),
    /'param.model.extra' belongs to no/,
  ],
  [
    'has a gradient of another network',
    (tensors) => Object.assign(tensors, { 'grad.param.model.extra': f32(1) }),
    /'grad.param.model.extra'/,
  ],
  [
    'halves through another filter',
    (tensors) => (tensors['param.model.enc.4x4_down.conv0.resample_filter'].data as Float32Array).fill(1),
    /is not the filter/,
  ],
  ['mixes classes', (tensors) => (tensors.labels.data as Float32Array).fill(0.5), /row 0 of 'labels' must be zeros but for one 1/],
])("a file of EDM's that %s is broken, and says so", async (_, damage, reason) => {
  write('network.safetensors', edmFile(damage));
  const { code, row } = await run();
  expect(row('network.safetensors')).toMatch(/edm-ddpmpp +cpu .*BROKEN/);
  expect(row('network.safetensors')).toMatch(reason);
  expect(code).toBe(1);
});

test('--details lists every number compared', async () => {
  write('schedules.safetensors', schedulesFile());
  const { printed } = await run('--details');
  expect(printed.filter((line) => line.startsWith('    '))).toHaveLength(3);
});

test.each<[string, string[], RegExp]>([
  ['no directory', [], /expected one directory, got 0/],
  ['two directories', ['a', 'b'], /expected one directory, got 2/],
  ['a directory that is not there', ['/nonexistent'], /cannot list '\/nonexistent'/],
  ['an unknown backend', ['.', '--backend', 'abacus'], /must be one of native, wasm, cpu, got 'abacus'/],
  ['an unknown flag', ['.', '--frobnicate'], /--frobnicate/],
])('%s is wrong usage: exit code 2 and one sentence', async (_, args, message) => {
  const told: string[] = [];
  expect(
    await parity(
      args,
      () => {},
      (line) => told.push(line),
    ),
  ).toBe(2);
  expect(told[0]).toMatch(message);
});

test('an empty directory is refused rather than called a success', async () => {
  const { code, told } = await run();
  expect(code).toBe(2);
  expect(told[0]).toContain('there is no file in');
});

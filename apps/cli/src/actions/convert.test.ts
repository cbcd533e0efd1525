import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type NamedArray, readSafetensors, readTorch, writeSafetensors, writeTorch, writeZip } from '@tract/checkpoint';
import { flaxArray, msgpack } from '@tract/checkpoint/testing';
import { flaxPlaces, mlTractPlaces } from '@tract/convert';
import { leaves, randomNormals } from '@tract/tensor';
import { type ParamSpec, type UNetConfig, unetSpec } from '@tract/unet';
import { afterAll, describe, expect, test } from 'vitest';
import { readModel } from '../models/model-folder.js';
import { bitsOf } from '../testing/array-bits.js';
import { conversions } from '../testing/conversions.js';
import { stateDictOf } from '../testing/state-dict.js';

const { path: folder, remove, at, bytesAt, convert, converted } = conversions();
afterAll(remove);

const tiny: UNetConfig = {
  kind: 'unet',
  imageSize: 8,
  inChannels: 1,
  channels: 8,
  embChannels: 16,
  channelMult: [1, 2],
  blocks: 1,
  attentionResolutions: [4],
  heads: 2,
  scaleShift: true,
  resampleInBlocks: true,
  outputs: 1,
  classes: 3,
  groups: 4,
};

const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** Weights of a network, none like another. */
const weightsOf = (config: UNetConfig, seed: number): Map<string, NamedArray> =>
  new Map(
    leaves<ParamSpec>(unetSpec(config)).map(([path, { shape }], sample) => [
      path,
      { dtype: 'F32', shape, data: randomNormals({ seed, stream: 5, step: 0, sample }, size(shape)) },
    ]),
  );

const ours = weightsOf(tiny, 1);
const stateDict = new Map(stateDictOf(mlTractPlaces(tiny), ours));
const withPrefix = (prefix: string, arrays: ReadonlyMap<string, NamedArray>) =>
  [...arrays].map(([name, array]) => [prefix + name, array] as const);

type Modules = { [name: string]: Modules | ReturnType<typeof flaxArray> };

function flaxFile(config: UNetConfig, tensors: ReadonlyMap<string, NamedArray>): Uint8Array {
  const params: Modules = {};
  for (const [name, { shape, data }] of stateDictOf(flaxPlaces(config), tensors)) {
    const levels = name.split('/');
    const last = levels.pop()!;
    let module = params;
    for (const level of levels) {
      module[level] ??= {};
      module = module[level] as Modules;
    }
    module[last] = flaxArray(shape, 'float32', data as Float32Array);
  }
  return msgpack({ step: 800_000, ema_params: params, num_sample_steps: 8192 });
}

writeFileSync(at('state.pt'), writeTorch(stateDict));
writeFileSync(at('teacher.msgpack'), flaxFile(tiny, ours));
const student = weightsOf(tiny, 2);
const trainer = [
  ...withPrefix('model.module.', stateDict),
  ...withPrefix('model_eval.module.', new Map(stateDictOf(mlTractPlaces(tiny), student))),
  ...withPrefix('self_teacher.module.', stateDict),
  ...withPrefix('teacher.', stateDict),
  ...['logstep', 'phase', 'model_eval.step', 'self_teacher.step'].map(
    (name) => [name, { dtype: 'I64', shape: [], data: BigInt64Array.of(1n) }] as const,
  ),
] as const;
writeFileSync(at('trainer.pth'), writeTorch(trainer));
writeFileSync(at('hints.json'), JSON.stringify({ imageSize: 8, heads: 2, groups: 4, data: 'bars' }));

describe('a network of ml-tract', () => {
  test('becomes a model folder; its configuration comes from the shapes but for what they do not tell', async () => {
    const value = await converted('state.pt new-folder --config hints.json');
    expect(value).toMatchObject({
      family: 'ml-tract',
      part: 'model',
      prediction: 'x0',
      leftOver: [],
      missing: [],
      differing: [],
      others: [],
    });
    expect(value.mapped).toHaveLength(ours.size);
    expect(value.mapped[0]).toEqual({ from: ['time.0.weight'], to: 'embedding.time.first.weight', shape: [16, 8] });
    const model = readModel(at('new-folder'));
    expect(model.network).toEqual(tiny);
    expect(model).toMatchObject({
      prediction: 'x0',
      data: 'bars',
      samplingSteps: [],
      recipe: { convertedFrom: 'state.pt', family: 'ml-tract' },
    });
    expect(bitsOf(model.tensors)).toEqual(bitsOf(ours));
    // Element [o, i, y, x] there is element [y, x, i, o] here.
    const there = stateDict.get('down.1.resblocks.conv1.weight')!;
    expect(there.data[((5 * 8 + 7) * 3 + 2) * 3 + 1]).toBe(ours.get('down.1.res.conv1.kernel')!.data[((2 * 3 + 1) * 8 + 7) * 8 + 5]);
  });

  test('becomes one file, which goes back into a state dict bit for bit', async () => {
    await converted('state.pt new.safetensors --config hints.json');
    expect(readModel(at('new.safetensors')).network).toEqual(tiny);
    const value = await converted('new.safetensors new-again.pt');
    expect(value).toMatchObject({ family: 'tract', part: null });
    expect(value.mapped.map(({ to }: { to: string }) => to).sort()).toEqual([...stateDict.keys()].sort());
    const again = readTorch(bytesAt('new-again.pt')).tensors;
    expect(bitsOf(again)).toEqual(bitsOf(stateDict));
    expect([...again.keys()]).toEqual([...stateDict.keys()]);
  });

  test.each([
    ['model', ours],
    ['ema', student],
    ['self-teacher', ours],
    ['teacher', ours],
  ])('is chosen from a trainer’s file by --part %s', async (part, expected) => {
    const value = await converted(`trainer.pth new-${part} --part ${part} --config hints.json`);
    expect(value).toMatchObject({ part, leftOver: [], missing: [] });
    expect(value.others).toHaveLength(3 * stateDict.size + 4);
    expect(bitsOf(readModel(at(`new-${part}`)).tensors)).toEqual(bitsOf(expected));
  });

  test('may be a safetensors file under those names, and may say float16 or bfloat16, which float32 holds exactly', async () => {
    const half = [...stateDict].map(
      ([name, { shape, data }]) => [name, { dtype: 'F16', shape, data: new Uint16Array(data.length).fill(0x3c00) }] as const,
    );
    writeFileSync(at('half.safetensors'), writeSafetensors(half));
    await converted('half.safetensors new-half --config hints.json');
    expect([...readModel(at('new-half')).tensors.values()].every(({ data }) => (data as Float32Array).every((value) => value === 1))).toBe(
      true,
    );
  });

  test('may be float64, which becomes the nearest float32, and says so', async () => {
    const wide = [...stateDict].map(
      ([name, { shape, data }]) => [name, { dtype: 'F64', shape, data: Float64Array.from(data as Float32Array) }] as const,
    );
    writeFileSync(at('double.safetensors'), writeSafetensors(wide));
    const { code, err } = await convert('double.safetensors new-double --config hints.json');
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringContaining(`${wide.length} tensors are float64 and become the nearest float32`),
    });
    expect(bitsOf(readModel(at('new-double')).tensors)).toEqual(bitsOf(ours));
  });

  test('--config may be a whole config.json', async () => {
    const config = {
      format: 'tract-model',
      version: 1,
      network: { ...tiny, attentionResolutions: [4, 64] },
      prediction: 'v',
      samplingSteps: [1],
      data: 'digits',
    };
    writeFileSync(at('whole.json'), JSON.stringify(config));
    expect(await converted('state.pt new-whole --config whole.json')).toMatchObject({ prediction: 'v', network: tiny });
  });

  test('with convolutions of their own for resampling, and a time that is added, is told by its shapes too', async () => {
    const strided: UNetConfig = { ...tiny, scaleShift: false, resampleInBlocks: false, classes: 1, outputs: 2 };
    writeFileSync(at('strided.pt'), writeTorch(stateDictOf(mlTractPlaces(strided), weightsOf(strided, 3))));
    expect(await converted('strided.pt new-strided --config hints.json')).toMatchObject({ network: strided, prediction: 'x0+eps' });
  });
});

describe('a checkpoint of flax', () => {
  test('gives the same model as the state dict of the same network', async () => {
    writeFileSync(at('image-size.json'), '{"imageSize":8,"groups":4,"prediction":"x0"}');
    const value = await converted('teacher.msgpack new-flax --config image-size.json');
    expect(value).toMatchObject({ family: 'flax', part: 'ema', network: tiny, others: [], leftOver: [] });
    const qkv = value.mapped.find(({ to }: { to: string }) => to === 'mid.0.attention.qkv.kernel');
    expect(qkv).toEqual({
      from: ['q', 'k', 'v'].map((name) => `mid.attn_1/${name}/kernel`),
      to: 'mid.0.attention.qkv.kernel',
      shape: [16, 2, 8],
    });
    expect(bitsOf(readModel(at('new-flax')).tensors)).toEqual(bitsOf(ours));
  });
});

describe('nothing is written when', () => {
  const pickle = (text: string) => writeZip([['archive/data.pkl', Uint8Array.from(text, (character) => character.charCodeAt(0))]]);
  const without = (name: string) => [...stateDict].filter(([other]) => other !== name);
  const one: NamedArray = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
  const files: Record<string, Uint8Array | string> = {
    'evil.pt': pickle('\x80\x02cposix\nsystem\nX\x05\x00\x00\x00touch\x85R.'),
    'cut.pt': bytesAt('state.pt').subarray(0, -100),
    'text.txt': 'no checkpoint, but long enough to look at',
    'empty.pt': writeTorch([]),
    'other.pt': writeTorch([['fc.weight', one]]),
    'escape.pt': writeTorch([...stateDict, ['\u001b[2J', one]]),
    'two.pt': writeTorch([...stateDict, ['model.map_layer0.weight', one]]),
    'more.pt': writeTorch([...stateDict, ['phase', one]]),
    'less.pt': writeTorch(without('down.1.resblocks.conv2.weight')),
    'root.pt': writeTorch(without('time.0.weight')),
    'shape.pt': writeTorch([...without('out.0.bias'), ['out.0.bias', one]]),
    'whole.pt': writeTorch([...without('out.0.bias'), ['out.0.bias', { dtype: 'I64', shape: [8], data: new BigInt64Array(8) }]]),
    'nan.pt': writeTorch([
      ...without('out.0.bias'),
      ['out.0.bias', { dtype: 'F32', shape: [8], data: new Float32Array(8).fill(Number.NaN) }],
    ]),
    'uneven.pt': writeTorch(withPrefix('', new Map(without('down.3.attention.qkv.weight')))),
    'strange.json': '{"imageSize":8,"head":2}',
    'contrary.json': '{"imageSize":8,"heads":2,"channels":64}',
    'odd.json': '{"imageSize":9,"heads":2,"groups":4}',
    'type.json': '{"imageSize":"8"}',
    'broken.json': '{',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content);

  const cases: [why: string, line: string, code: number, says: string[], prints?: string[]][] = [
    ['a pickle runs something', 'evil.pt new', 3, ['evil.pt', '"posix.system"', 'nothing was run']],
    ['a file is cut off', 'cut.pt new', 3, ['cut.pt', 'copied whole']],
    ['a file is no checkpoint', 'text.txt new', 3, ['text.txt', 'is a text file', 'expected safetensors']],
    ['a file is not there', 'nowhere.pt new', 3, ['nowhere.pt']],
    ['a file holds no names', 'empty.pt new', 3, ['it has none']],
    ['a name would speak to the terminal', 'escape.pt new', 3, ['control characters']],
    ['names are of no program', 'other.pt new', 3, ["'fc.weight'", 'ml-tract, edm, flax, openai']],
    ['names are not of the program that is said', 'state.pt new --family flax', 3, ['no network of flax', 'conv_in/kernel']],
    ['names are of two programs', 'two.pt new', 3, ['ml-tract or edm', '--family']],
    ['it holds several networks', 'trainer.pth new', 3, ['model, ema, self-teacher, teacher', '--part']],
    ['it has not that part', 'state.pt new --part ema', 3, ['no part ema', 'it has model']],
    ['names are left over', 'more.pt new --config hints.json', 3, ["1 left over ('phase')"], ['left over: phase', 'missing: none']],
    ['names are missing', 'less.pt new --config hints.json', 3, ["1 missing ('down.1.resblocks.conv2.weight')"], ['missing: down.1']],
    ['a name without which nothing is known is missing', 'root.pt new', 3, ["'time.0.weight' is missing"]],
    ['a shape is another', 'shape.pt new --config hints.json', 3, ["'out.0.bias' is [1], expected [8]"], ['of another shape: out.0.bias']],
    ['numbers are whole', 'whole.pt new --config hints.json', 3, ['out.0.bias', 'got I64']],
    ['numbers are not finite', 'nan.pt new --config hints.json', 3, ['out.0.bias', 'not finite']],
    ['the weights do not tell all', 'state.pt new', 3, ['imageSize and heads', '--config', '{"imageSize":32,"heads":1}']],
    ['flax does not tell the prediction', 'teacher.msgpack new', 3, ['imageSize and prediction', '--config']],
    ['--config has an unknown field', 'state.pt new --config strange.json', 3, ["'head'", 'known: imageSize']],
    ['--config contradicts the weights', 'state.pt new --config contrary.json', 3, ['channels 64', 'say 8']],
    ['--config makes no network', 'state.pt new --config odd.json', 3, ['no network can be built']],
    ['--config has a field of another type', 'state.pt new --config type.json', 3, ["'imageSize' must be a number"]],
    ['--config is no JSON', 'state.pt new --config broken.json', 3, ['broken.json is no JSON']],
    ['DST exists', 'state.pt state.pt', 2, ['exists', 'another name']],
    ['DST cannot be created', 'state.pt text.txt/new', 2, ['text.txt is not a folder', 'another DST']],
    ['DST has an unknown ending', 'state.pt new.bin', 2, ['.safetensors, .pt or .onnx']],
    ['a part of a model of ours is asked for', 'new-folder new --part ema', 2, ['says all about itself']],
    ['the part is misspelt', 'state.pt new --part emma', 3, ['no part emma', 'it has model']],
  ];
  test.each(cases)('%s', async (_why, line, code, says, prints = []) => {
    const before = (readdirSync(folder, { recursive: true }) as string[]).sort();
    const ended = await convert(line);
    expect(ended).toMatchObject({ code, ...(prints.length === 0 && { out: '' }) });
    expect(ended.err).toMatch(/^error: [^\n]+[^.\n]\n$/);
    for (const part of says) expect(ended.err).toContain(part);
    for (const part of prints) expect(ended.out).toContain(part);
    expect((readdirSync(folder, { recursive: true }) as string[]).sort()).toEqual(before);
    expect(existsSync('touch')).toBe(false);
  });

  test('--json prints one value then, too', async () => {
    const { code, out } = await convert('more.pt new --config hints.json --json');
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ destination: null, leftOver: ['phase'], missing: [] });
  });
});

test('the shipped models go out and come back', async () => {
  await converted('mnist-student new-shipped.pt');
  const network = readModel('mnist-student').network as UNetConfig;
  writeFileSync(
    at('shipped.json'),
    JSON.stringify({ imageSize: network.imageSize, heads: network.heads, groups: network.groups, prediction: 'v' }),
  );
  await converted('new-shipped.pt new-shipped --config shipped.json');
  const back = readModel(at('new-shipped'));
  expect(back.network).toEqual(network);
  expect(bitsOf(back.tensors)).toEqual(bitsOf(readModel('mnist-student').tensors));
  expect(readSafetensors(readFileSync(at('new-shipped/model.safetensors'))).metadata.has('tract.config')).toBe(true);
});

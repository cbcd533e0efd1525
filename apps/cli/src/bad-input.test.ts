import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel, type NamedArray, readSafetensors, writeNpz, writeSafetensors, writeZip } from '@tract/checkpoint';
import { encode } from 'fast-png';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeTinyDigits } from './testing/tiny-digits.js';
import { scratchFolder, tract } from './testing/tract.js';
import { tractHere } from './testing/tract-here.js';

const scratch = scratchFolder();
const at = (name: string): string => join(scratch.path, name);
const digits = writeTinyDigits(at('digits'));

/** A model like the good one, but for one thing. */
function spoil(name: string, change: (tensors: Map<string, NamedArray>, config: Record<string, unknown>) => void): void {
  const { tensors, metadata } = readSafetensors(readFileSync(at('good/model/model.safetensors')));
  const config = JSON.parse(readFileSync(at('good/model/config.json'), 'utf8'));
  change(tensors as Map<string, NamedArray>, config);
  mkdirSync(at(name));
  for (const [file, bytes] of Object.entries(encodeModel(config, tensors, metadata))) writeFileSync(join(at(name), file), bytes);
}

const firstOf = (tensors: ReadonlyMap<string, NamedArray>): [string, NamedArray] => [...tensors][0];

function writeBadFiles(): void {
  const good = readFileSync(at('good/model/model.safetensors'));
  spoil('cut', () => {});
  writeFileSync(at('cut/model.safetensors'), good.subarray(0, good.length - 100));
  spoil('dtype', (tensors) => {
    const [name, { shape, data }] = firstOf(tensors);
    tensors.set(name, { dtype: 'F64', shape, data: Float64Array.from(data as Float32Array) });
  });
  spoil('shape', (tensors) => {
    const [name, array] = firstOf(tensors);
    tensors.set(name, { ...array, shape: [array.data.length, 1, 1, 1, 1] });
  });
  spoil('missing', (tensors) => tensors.delete(firstOf(tensors)[0]));
  spoil('nan', (tensors) => firstOf(tensors)[1].data.fill(Number.NaN as never));
  spoil('network', (_, config) => Object.assign(config, { network: { channels: -8 } }));
  spoil('kind', (_, config) => Object.assign(config, { network: { ...(config.network as object), kind: 'big' } }));
  const sized = (name: string, size: object) =>
    spoil(name, (_, config) => Object.assign(config, { network: { ...(config.network as object), ...size } }));
  sized('blocks', { blocks: 5_000_000 });
  sized('classes', { classes: 1e12 });
  spoil('process', (_, config) => Object.assign(config, { process: { kind: 'linear' } }));
  spoil('preconditioning', (_, config) => Object.assign(config, { prediction: 'x0', preconditioning: { kind: 'edm', sigmaData: '1' } }));
  spoil('json', () => {});
  writeFileSync(at('json/config.json'), '{ "format": ');
  mkdirSync(at('alone'));
  writeFileSync(at('alone/weights.safetensors'), writeSafetensors(readSafetensors(good).tensors));
  writeFileSync(at('float.npz'), writeNpz([['images', { dtype: 'F32', shape: [2, 28, 28, 1], data: new Float32Array(2 * 784) }]]));
  writeFileSync(at('large.npz'), writeNpz([['images', { dtype: 'U8', shape: [2, 32, 32, 3], data: new Uint8Array(2 * 3072) }]]));
  writeFileSync(at('text.npz'), 'not an archive');
  writeFileSync(at('text.zip'), 'not an archive');
  writeBadSettings();
  writeBadScores();
  writeTinyDigits(at('cut-digits'));
  const images = join(at('cut-digits'), 'train-images-idx3-ubyte');
  writeFileSync(images, readFileSync(images).subarray(0, 1000));
  mkdirSync(at('no-digits'));
  mkdirSync(at('colours'));
  writeFileSync(at('colours/a.png'), encode({ width: 32, height: 32, channels: 3, data: new Uint8Array(3072) }));
}

function writeBadSettings(): void {
  const texts = {
    'typo.yaml': 'seed: 1\nnetwork:\n  chanels: 8\n',
    'type.json': '{\n  "images": "5K",\n  "flip": true\n}\n',
    'bomb.yaml': Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`)}]`).join('\n'),
    'twice.yaml': 'seed: 1\nseed: 2\n',
    'proto.json': '{"__proto__": {"seed": 1}}',
    'deep.yaml': '['.repeat(16_000),
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(at(name), text);
}

const floats = (shape: number[], ...data: number[]): NamedArray => ({ dtype: 'F64', shape, data: Float64Array.from(data) });

function writeBadScores(): void {
  const statistics = (name: string, mu: NamedArray, sigma: NamedArray) =>
    writeFileSync(
      at(name),
      writeNpz([
        ['mu', mu],
        ['sigma', sigma],
      ]),
    );
  statistics('sound-stats.npz', floats([2], 0, 0), floats([2, 2], 1, 0, 0, 1));
  statistics('nan-stats.npz', floats([2], 0, Number.NaN), floats([2, 2], 1, 0, 0, 1));
  statistics('other-stats.npz', floats([3], 0, 0, 0), floats([3, 3], 1, 0, 0, 0, 1, 0, 0, 0, 1));
  statistics('impossible-stats.npz', floats([2], 0, 0), floats([2, 2], 1, 2, 2, 1));
  writeFileSync(at('half-stats.npz'), writeNpz([['mu', floats([2], 0, 0)]]));
  writeFileSync(at('few.npz'), writeNpz([['images', { dtype: 'U8', shape: [2, 28, 28, 1], data: new Uint8Array(2 * 784) }]]));
  const png = (side: number) => encode({ width: side, height: side, data: new Uint8Array(side * side), channels: 1 });
  for (const folder of ['broken-images', 'mixed-images', 'empty-images', 'huge-image']) mkdirSync(at(folder));
  writeFileSync(at('broken-images/a.png'), png(28));
  const broken = png(28);
  broken[broken.length - 14] ^= 1;
  writeFileSync(at('broken-images/b.png'), broken);
  writeFileSync(at('mixed-images/a.png'), png(28));
  writeFileSync(at('mixed-images/b.png'), png(4));
  const huge = png(28);
  new DataView(huge.buffer, huge.byteOffset).setUint32(16, 65535);
  new DataView(huge.buffer, huge.byteOffset).setUint32(20, 65535);
  writeFileSync(at('huge-image/a.png'), huge);
  writeFileSync(at('no-images.zip'), writeZip([['a.gif', new Uint8Array(4)]]));
}

beforeAll(async () => {
  const { code } = await tract(['train', '--preset', 'mnist-tiny', '--images', '2', '--batch', '2', '--out', at('good'), '--silent'], {
    TRACT_MNIST: digits,
  });
  expect(code).toBe(0);
  writeBadFiles();
});
afterAll(scratch.remove);

/** Each command line, the exit code, and what its one sentence must say. */
type Case = readonly [args: string, code: number, says: readonly string[], mnist?: string];

const usage: readonly Case[] = [
  ['sample good/model --stpes 1 --out out', 2, ["'--stpes'", 'did you mean --steps?']],
  ['smaple good/model', 2, ["'smaple'", 'did you mean sample?']],
  ['sample --steps 1 --out out', 2, ["'model'"]],
  ['sample good/model more --steps 1 --out out', 2, ['too many arguments', 'expected 1']],
  ['sample good/model --steps 0 --out out', 2, ['--steps', "'0'", 'at least 1']],
  ['sample good/model --steps 1 --count -1 --out out', 2, ['--count', "'-1'", 'at least 1']],
  ['sample good/model --steps 1 --out good', 2, ['--out', 'not empty', 'another']],
  ['sample good/model --steps 1 --out float.npz/a.png', 2, ['float.npz is not a folder', '--out']],
  ['sample good/model --steps 1 --out out.jpg', 2, ['--out', '.png or .npz']],
  ['train --preset mnist-tiney --out out', 2, ["'mnist-tiney'", 'mnist-teacher', 'did you mean mnist-tiny?']],
  ['train --preset mnist-tiny --lr 1e30 --out out', 2, ['--lr', "'1e30'", 'at most 1']],
  ['train --preset mnist-tiny --out digits', 2, ['--out', 'not an empty folder']],
  ['train --preset mnist-tiny --out out --resume', 2, ['--resume', 'no run in']],
  ['train --preset mnist-tiny --out --resume', 2, ['--out', "'--resume'", 'path']],
  ['distill --teacher good/model --schedule 1,32 --out out', 2, ['--schedule', '32 follows 1']],
  [
    'distill --teacher good/model --schedule 1024,32,1 --phase-weights 1,2,3 --out out',
    2,
    ['--phase-weights must give one number for each phase', 'has 2 phases'],
  ],
  ['distill --teacher good/model --huber-width -1 --out out', 2, ['--huber-width', 'at least 0']],
  ['distill --teacher good/model --schedule 1024,33,1 --out out', 2, ['--schedule', '33 does not divide 1024', 'try 32']],
  ['distill --teacher good/model --method btd --out out', 2, ['halve', '1024 to 32']],
  ['distill --teacher good/model --schedule 1024,32,1 --images 64 --batch 32 --out out', 2, ['2 updates', '2 phases', 'give 96 or more']],
  ['evaluate --samples float.npz --reference cifar:test', 2, ["'cifar:test'", 'mnist:train|test[=DIR]', 'did you mean cifar10?']],
  ['evaluate --samples float.npz --reference cifar10:tset=x', 2, ["'tset' is not train or test", 'did you mean test?']],
  ['train --preset mnist-tiny --data cifar10:train --out out', 2, ['where the files are', 'cifar10:train|test=PATH']],
  ['train --preset mnist-tiny --data folder:x=digits --out out', 2, ["'x' is no size", 'folder[:SIZE,prefix|no-classes]=DIR']],
  ['distill --teacher good/model --schedule 4,1 --data zip= --out out', 2, ['the path is empty', 'zip[:SIZE,prefix|no-classes]=FILE']],
  ['distill --teacher good/model --method tract-edm --schedule 4,1 --out out', 2, ['steps of Heun', "EDM's noise levels"]],
  ['distill --teacher good/model --teacher-step heun --schedule 4,1 --out out', 2, ['tract', 'choose tract-edm or consistency']],
  ['distill --teacher good/model --ema-residual 0.1 --ema-momentum 0.9 --out out', 2, ['--ema-residual', '--ema-momentum']],
  ['train --preset mnist-tiny --ema-ramp-up 0.05 --out out', 2, ['--ema-ramp-up', '--ema-half-life']],
  ['train --preset mnist-tiny --batch 64 --accumulate 3 --out out', 2, ['--accumulate 3', 'batch of 64']],
  ['distill --teacher good/model --batch 8 --accumulate 0 --out out', 2, ['--accumulate', 'at least 1']],
  ['train --preset mnist-tiny --set network.dropout=0.1 --out out', 2, ['--set network.dropout', 'of this kind']],
  ['train --preset mnist-edm-tiny --prediction v --out out', 2, ['preconditioned', 'predicts x0']],
  ['train --preset mnist-edm-tiny --timesteps 100 --out out', 2, ['discrete times', 'got timesteps 100']],
  ['sample good/model --steps 4 --sampler heun --out out', 2, ['--sampler heun', 'cosine schedule']],
  ['sample good/model --steps 4 --churn 3 --out out', 2, ['--churn', 'sampler heun']],
  ['sample good/model --steps 4 --sigma-max 50 --out out', 2, ['--sigma-max', "EDM's levels"]],
  ['sample good/model --steps 4 --sampler ancestral --eta 1 --out out', 2, ['--eta', 'not ancestral']],
  ['sample good/model --steps 4 --class 1 --out out', 2, ['--class 1', 'several classes']],
  ['evaluate --samples float.npz --churn-min 1', 2, ['--churn-min is for drawing from a model', 'float.npz']],
  ['fid large.npz large.npz', 2, ['--weights', 'tract fid weights --help']],
  ['fid large.npz large.npz --features vgg', 2, ['--features vgg', 'inception, digits']],
  ['fid large.npz sound-stats.npz --features=digits --mode tf2', 2, ['--mode', 'clean, pytorch-fid, tf1']],
  ['fid sound-stats.npz sound-stats.npz --kid', 2, ['--kid needs images', 'sound-stats.npz']],
  ['fid stats digits.npz --features=digits --out out.json', 2, ['--out', '.npz']],
  ['train --config nowhere.yaml --out out', 2, ['nowhere.yaml', 'ENOENT']],
  ['train --config digits --out out', 2, ['digits', 'it is no file']],
  [
    'train --config typo.yaml --out out',
    2,
    ['typo.yaml:3: network.chanels is no setting of tract train', 'did you mean network.channels?'],
  ],
  ['train --config type.json --dry-run', 2, ['type.json:2: images must be a whole number of at least 1, got "5K"; write 5000']],
  ['distill --config typo.yaml --dry-run', 2, ['typo.yaml:2: network is no setting of tract distill']],
  ['train --config bomb.yaml --out out', 2, ['bomb.yaml:1: anchors and aliases are not read']],
  ['train --config twice.yaml --out out', 2, ["twice.yaml:2: 'seed' is given twice"]],
  ['train --config proto.json --out out', 2, ['proto.json:1', "'__proto__' is refused"]],
  ['train --config deep.yaml --out out', 2, ['deep.yaml nests too deep']],
  ['train --config good/model/config.json --out out', 2, ['config.json of a run', 'got "tract-model"']],
  ['distill --config good/config.json --out out', 2, ['it is of a run of tract "train"']],
  ['train --config good/config.json --preset mnist-tiny --out out', 2, ['says everything', 'leave --preset mnist-tiny out']],
  ['train --set images --out out', 2, ["--set 'images'", 'NAME=VALUE']],
  ['train --set optim.lr=1e-4 --out out', 2, ['--set optim is no setting', 'did you mean learningRate?']],
  ['train --preset mnist-tiny --set network.blocks=5000000 --out out', 2, ['error: blocks must be at most 1024, got 5000000']],
  ['train --set network.channels=31 --out out', 2, ['channels', '31']],
  ['train --set learningRate=1e-4 --lr 1e-3 --out out', 2, ['--set learningRate and --lr', 'leave one out']],
  ['card good/model --out digits', 2, ['--out', 'is no file', 'README.md']],
  ['evaluate --samples float.npz --record', 2, ['--record keeps the scores of a model', 'float.npz']],
  ['fid sound-stats.npz sound-stats.npz --record', 2, ['--record keeps the scores of a model', 'sound-stats.npz']],
  ['completion csh', 2, ["'csh'", 'bash, zsh, fish']],
  ['bench step --res 27', 2, ['27', 'divisible']],
];

const data: readonly Case[] = [
  ['sample nowhere/model --steps 1 --out out', 3, ["nowhere/model'", 'model folder']],
  ['sample nowhere.safetensors --steps 1 --out out', 3, ['there is no file or folder', "nowhere.safetensors'"]],
  ['sample good --steps 1 --out out', 3, ['not a model folder', 'good/model']],
  ['sample cut --steps 1 --out out', 3, ['cut/model.safetensors', 'bytes']],
  ['sample dtype --steps 1 --out out', 3, ['dtype/model.safetensors', 'must be F32, got F64']],
  ['sample shape --steps 1 --out out', 3, ['shape/model.safetensors', 'must have shape']],
  ['sample missing --steps 1 --out out', 3, ['missing/model.safetensors', 'is missing']],
  ['sample nan --steps 1 --out out', 3, ['nan/model.safetensors', 'not finite']],
  ['sample json --steps 1 --out out', 3, ['json/config.json']],
  ['inspect network', 3, ['network/config.json', 'no model can be built']],
  ['inspect kind', 3, ['kind/config.json', 'network.kind must be one of unet, song, dhariwal', 'got "big"']],
  ['inspect blocks', 3, ['blocks/config.json', 'from this configuration: blocks must be at most 1024, got 5000000']],
  ['sample classes --steps 1 --out out', 3, ['classes/config.json', 'classes must be at most 1048576']],
  ['inspect process', 3, ['process/config.json', 'process.kind must be cosine or edm']],
  ['inspect preconditioning', 3, ['preconditioning/config.json', 'preconditioning.sigmaData must be a number']],
  ['inspect alone/weights.safetensors', 3, ['weights.safetensors', 'config.json']],
  ['distill --teacher cut --schedule 4,1 --out out', 3, ['cut/model.safetensors']],
  ['evaluate --samples float.npz', 3, ['float.npz', 'uint8', 'F32']],
  ['evaluate --samples large.npz --silent', 3, ['32x32', '28x28']],
  ['evaluate --samples text.npz', 3, ['text.npz']],
  ['fid broken-images mnist:test --features=digits --silent', 3, ['broken-images, image 1 (b.png)', 'CRC']],
  ['fid huge-image mnist:test --features=digits', 3, ['huge-image, image 0 (a.png)', '65535x65535']],
  ['fid mixed-images mnist:test --features=digits', 3, ['mixed-images, image 1 (b.png)', '4x4', '28x28']],
  ['fid empty-images mnist:test --features=digits', 3, ['empty-images: there are no pictures in it (.png, .jpg, .jpeg, .webp']],
  ['fid no-images.zip mnist:test --features=digits', 3, ['no-images.zip: there are no pictures in it (.png, .jpg, .jpeg, .webp']],
  ['fid text.zip mnist:test --features=digits', 3, ['text.zip']],
  ['fid large.npz mnist:test --features=digits --silent --no-cache', 3, ['large.npz', '32x32', '28x28']],
  ['fid nan-stats.npz sound-stats.npz', 3, ['nan-stats.npz', 'not finite']],
  ['fid half-stats.npz sound-stats.npz', 3, ['half-stats.npz', 'sigma']],
  ['fid other-stats.npz sound-stats.npz', 3, ['other-stats.npz has 3 features', 'sound-stats.npz 2']],
  ['fid impossible-stats.npz sound-stats.npz', 3, ['impossible-stats.npz', 'positive semidefinite']],
  ['fid few.npz mnist:test --features=digits --count 3 --silent --no-cache', 3, ['few.npz has 2 images', '--count 3']],
  ['fid large.npz large.npz --weights nowhere.pth', 3, ['nowhere.pth', 'tract fid weights --help']],
  ['fid large.npz large.npz --weights text.npz', 3, ['text.npz']],
  ['fid large.npz large.npz --weights alone/weights.safetensors --silent', 3, ['weights.safetensors', 'Conv2d_1a_3x3.conv.weight']],
  ['fid large.npz large.npz --features nowhere.onnx', 3, ['nowhere.onnx']],
  ['train --preset mnist-tiny --out out', 3, ['cut-digits/train-images-idx3-ubyte', 'cut off'], 'cut-digits'],
  ['distill --preset cifar10-tract-1024-32-1 --out out', 3, ["'cifar_original' is not there", 'tract convert FILE cifar_original']],
  ['distill --preset mnist-tract-edm --out out', 3, ["'mnist-edm-teacher' is not there", 'tract train --preset mnist-edm-teacher']],
  ['train --preset mnist-tiny --out out', 3, ['no-digits', 'train-images'], 'no-digits'],
  ['train --preset mnist-tiny --data cifar10=nowhere --out out', 3, ['nowhere', 'no such file']],
  ['train --preset mnist-tiny --data imagenet64=no-digits --out out', 3, ['train_data_batch_1.npz', 'ENOENT']],
  ['train --preset mnist-tiny --data folder=no-digits --out out', 3, ['no-digits: there are no pictures in it (.png, .jpg, .jpeg, .webp']],
  ['train --preset mnist-tiny --data zip=text.npz --out out', 3, ['text.npz', 'not a zip archive']],
  ['train --preset mnist-tiny --data folder=colours --out out', 3, ['32x32 with 3 channels', 'takes 28x28 with 1']],
  ['distill --teacher good/model --schedule 4,1 --data folder=colours --out out', 3, ['32x32 with 3 channels', 'takes 28x28 with 1']],
  ['evaluate --samples large.npz --reference folder=colours --silent', 3, ['32x32 with 3 channels', 'the classifier of digits', '28x28']],
];

const files = (): string[] => (readdirSync(scratch.path, { recursive: true }) as string[]).sort();

/** Words that name a file of this test become its path. */
const isFile = (word: string): boolean => readdirSync(scratch.path).includes(word.split('/')[0]) || /^(out|nowhere)/.test(word);

const environment = (mnist: string) => ({ TRACT_MNIST: at(mnist), TRACT_INCEPTION: '' });

const wordsOf = (line: string): string[] => {
  const place = (word: string) => (isFile(word) ? at(word) : word.replace(/^(folder|zip)=(?=[a-z])/, `$1=${at('')}/`));
  return line.split(' ').map((word, i) => (i > 0 ? place(word) : word));
};

// In this process, which has loaded everything once: a hundred programs take longer than all that they do.
for (const [title, cases] of Object.entries({ usage, data })) {
  describe(`bad ${title} ends with its exit code and one sentence, prints no result and writes nothing`, () => {
    afterEach(() => void vi.unstubAllEnvs());
    for (const [line, code, says, mnist = 'digits'] of cases) {
      test(`tract ${line}, with ${mnist}`, async () => {
        const before = files();
        for (const [name, value] of Object.entries(environment(mnist))) vi.stubEnv(name, value);
        const ended = await tractHere(...wordsOf(line));
        expect(ended).toMatchObject({ code, out: '' });
        expect(ended.err).toMatch(/^error: [^\n]+[^.\n]\n$/);
        for (const part of says) expect(ended.err).toContain(part);
        expect(files()).toEqual(before);
      });
    }
  });
}

test.concurrent.each([
  ['of usage', 'sample good/model --stpes 1 --out out'],
  ['of data', 'sample nan --steps 1 --out out'],
  ['of a picture', 'fid broken-images mnist:test --features=digits --silent'],
  ['of a training', 'train --preset mnist-tiny --data folder=colours --out out'],
])('a program of its own ends as it does here, on an error %s', async (_, line) => {
  const [, code, says] = [...usage, ...data].find(([one]) => one === line)!;
  const ended = await tract(wordsOf(line), environment('digits'));
  expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(/^error: [^\n]+[^.\n]\n$/) });
  for (const part of says) expect(ended.stderr).toContain(part);
});

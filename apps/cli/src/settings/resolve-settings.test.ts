import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConfig } from '@tract/train';
import { distillSchema, teacherSchema } from '@tract/train/settings';
import { afterAll, describe, expect, test } from 'vitest';
import { distillCommand } from '../commands/distill.js';
import { trainCommand } from '../commands/train.js';
import { commandOf } from '../output/card-command.js';
import { distillPresets, trainPresets } from '../presets/presets.js';
import { resolveSettings, type SettingsOptions, settingSources } from './resolve-settings.js';
import { SettingsError } from './settings-error.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-settings-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A file of the test, by its name; the path that errors tell is that. */
function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

const train = (options: SettingsOptions & Readonly<Record<string, unknown>>) =>
  resolveSettings({ command: 'train', schema: teacherSchema, presets: trainPresets, usual: 'mnist-teacher' }, options);
const distill = (options: SettingsOptions & Readonly<Record<string, unknown>>) =>
  resolveSettings({ command: 'distill', schema: distillSchema, presets: distillPresets, usual: 'mnist-tract' }, options);
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a preset is what it is', () => {
  for (const preset of Object.keys(trainPresets)) expect(train({ preset })).toEqual(asJson(trainPresets[preset]));
  for (const preset of Object.keys(distillPresets)) expect(distill({ preset })).toEqual(asJson(distillPresets[preset]));
});

describe('each place is over the ones before it', () => {
  const config = file('digits.yaml', 'preset: mnist-tiny\nimages: 5000\nbatch: 8\nnetwork:\n  channels: 16\n');

  test('preset, file, --set and options', () => {
    const settings = train({ config, set: ['seed=7', 'network.blocks=2', 'network.channelMult=[1, 2]'], images: 100 });
    const { network } = trainPresets['mnist-tiny'];
    expect(settings).toEqual({
      ...trainPresets['mnist-tiny'],
      ...{ images: 100, batch: 8, seed: 7 },
      network: { ...network, channels: 16, blocks: 2, channelMult: [1, 2] },
    });
    expect(train({ config, preset: 'mnist-teacher' }).network).toEqual({ ...trainPresets['mnist-teacher'].network, channels: 16 });
  });

  test('null takes a setting away; another kind takes the place of the whole mapping', () => {
    expect(train({ set: ['warmup=null'] })).not.toHaveProperty('warmup');
    const song = trainPresets['mnist-edm-tiny'].network;
    expect(train({ config, set: [`network=${JSON.stringify(song)}`] }).network).toEqual(song);
    const other = { preset: 'mnist-edm-tiny', set: ['preconditioning.kind=ve'] };
    expect(train(other).preconditioning).toEqual({ kind: 've' });
  });

  test('what belongs to a value goes with it, unless the same place says both', () => {
    expect(distill({ schedule: [64, 1] })).not.toHaveProperty('phaseWeights');
    expect(distill({ set: ['schedule=[64, 8, 1]', 'phaseWeights=[2, 1]'] })).toMatchObject({ schedule: [64, 8, 1], phaseWeights: [2, 1] });
    const { emaHalfLife, emaResidual, emaRampUp } = train({ preset: 'mnist-edm-tiny', emaResidual: 0.1 });
    expect([emaHalfLife, emaResidual, emaRampUp]).toEqual([undefined, 0.1, undefined]);
    expect(train({ preset: 'mnist-edm-tiny', set: ['warmup=0.5'] })).not.toHaveProperty('rampImages');
    expect(train({ prediction: 'x0+eps' }).network.outputs).toBe(2);
    expect(train({ set: ['prediction=x0+eps', 'network.outputs=1'] }).network.outputs).toBe(1);
  });
});

describe('a method that the preset does not have', () => {
  const own = { lossWeight: 'uniform', selfEma: 0.95, huberWidth: 0, clipStudent: false };

  test('brings the loss weight, momentum, draw, loss and clipping of its source, below what is said beside it', () => {
    const settings = distill({ method: 'consistency', schedule: [64, 1] });
    expect(settings).toMatchObject({ method: 'consistency', ...own, learningRate: distillPresets['mnist-tract'].learningRate });
    expect(settings).not.toHaveProperty('highNoiseFraction');
    expect(settings).not.toHaveProperty('huberOver');
    expect(distill({ method: 'consistency', huberWidth: 0.2 })).toMatchObject({ ...own, huberWidth: 0.2 });
    expect(distill({ config: file('cd.yaml', 'method: consistency\nselfEma: 0.8\n') })).toMatchObject({ ...own, selfEma: 0.8 });
    expect(distill({ method: 'tract' })).toEqual(distill({}));
    expect(distill({ method: 'improved-consistency-training' })).toMatchObject({ lossWeight: 'inverse-step', huberOver: 'samples' });
  });

  test('is told apart in where settings come from, and in the command of a card', () => {
    const of = { command: 'distill', schema: distillSchema, presets: distillPresets, usual: 'mnist-tract' } as const;
    const options = { method: 'consistency', schedule: [64, 1], config: file('lr.yaml', 'learningRate: 0.001\n') };
    expect(settingSources(of, options)).toMatchObject({
      ...{ method: '--method', schedule: '--schedule', batch: 'preset mnist-tract', learningRate: `${options.config}:1` },
      ...{ lossWeight: 'method consistency', selfEma: 'method consistency', clipStudent: 'method consistency' },
    });
    const command = commandOf('distill', distillPresets, distill({ method: 'consistency', schedule: [64, 1] }));
    expect(command).toContain('--method consistency');
    expect(command).not.toContain('noise-fraction');
  });
});

test('the configuration of a run stands in the place of preset and file, to the byte', () => {
  const settings = { ...distillPresets['mnist-btd'], data: 'mnist:train', phaseWeights: undefined };
  const text = JSON.stringify(runConfig('distill', settings), null, 2);
  const config = file('config.json', text);
  expect(JSON.stringify(runConfig('distill', distill({ config })), null, 2)).toBe(text);
  expect(distill({ config, seed: 3 })).toEqual({ ...(asJson(settings) as object), seed: 3 });
  expect(() => distill({ config, preset: 'mnist-btd' })).toThrow('says everything; leave --preset mnist-btd out');
  expect(() => train({ config })).toThrow('it is of a run of tract "distill", this is tract train');
});

describe('a fault is told with its place, what was expected, what came and a way out', () => {
  const cases: readonly (readonly [text: string, says: string, command?: typeof train | typeof distill])[] = [
    ['seed: 1\nnetwork:\n  chanels: 8', 'a.yaml:3: network.chanels is no setting of tract train; did you mean network.channels?'],
    ['channels: 8', 'a.yaml:1: channels is no setting of tract train; did you mean network.channels?'],
    ['optim:\n  lr: 1e-4', 'a.yaml:1: optim is no setting of tract train; did you mean learningRate?'],
    ['lr: 1e-4', 'a.yaml:1: lr is no setting of tract train; did you mean learningRate?'],
    ['network.channels: 8', 'a.yaml:1: network.channels is no setting of tract train; write network: {channels: ...}'],
    ['schedule: [4, 1]', 'a.yaml:1: schedule is no setting of tract train'],
    ['network: {headDim: 8}\npreset: mnist-edm-tiny', 'a.yaml:1: network.headDim is no setting of tract train of this kind'],
    ['images: 100K', 'a.yaml:1: images must be a whole number of at least 1, got "100K"; write 100000'],
    ['images: 1.5', 'a.yaml:1: images must be a whole number of at least 1, got 1.5'],
    ['images: 1e30', 'a.yaml:1: images must be a whole number of at least 1, got 1e+30'],
    ['images:', 'a.yaml:1: images must be a whole number of at least 1, got nothing'],
    ['learningRate: .nan', 'a.yaml:1: learningRate must be a number above 0 and at most 1, got NaN'],
    ['learningRate: -.inf', 'a.yaml:1: learningRate must be a number above 0 and at most 1, got -Infinity'],
    ['flip: yes', 'a.yaml:1: flip must be true or false, got "yes"'],
    ['prediction: e', 'a.yaml:1: prediction must be one of x0, eps, v, x0+eps, got "e"'],
    ['network: big', 'a.yaml:1: network must be a mapping of its settings, got "big"'],
    ['network:\n  kind: songs', 'a.yaml:2: network.kind must be unet, song or dhariwal, got "songs"'],
    ['network:\n  kind: song', 'a.yaml:1: network.imageSize must be a whole number of at least 1, got nothing'],
    ['network: {channelMult: [1, 0]}', 'network.channelMult.1 must be a whole number of at least 1, got 0'],
    ['emaResidual: 0.1\nemaMomentum: 0.9', 'a.yaml:2: emaMomentum cannot stand beside emaResidual; choose one'],
    ['emaRampUp: 0.1', 'a.yaml:1: emaRampUp goes with emaHalfLife'],
    ['schedule: [1024, 33, 1]', 'a.yaml:1: schedule does not go: each number of steps divides the one before it, but 33', distill],
    ['phaseWeights: [1, 2, 3]', 'a.yaml:1: phaseWeights must give one number for each phase, but 1024,32,1 has 2 phases', distill],
    ['prediction: v', 'a.yaml:1: prediction is no setting of tract distill', distill],
    ['preset: mnist-tract', "unknown preset 'mnist-tract': expected mnist-teacher, "],
    ['preset: 3', 'a.yaml: preset must be the name of a preset, got 3'],
    ['- images', 'a.yaml: expected settings, such as images: 100000, got ["images"]'],
    ['', 'a.yaml: expected settings, such as images: 100000, got null'],
    ['{"format": "tract-model", "version": 1}', 'whose format is "tract-run", got "tract-model"'],
    ['{"format": "tract-run", "version": 1}', 'it is of a run of version 1, this tract reads 2'],
    ['{"format": "tract-run", "version": 2, "command": "train", "settings": {"seed": 0}}', 'must be'],
  ];
  test.each(cases.map(([text, says, command = train]) => ({ text, says, command })))('$text', ({ text, says, command }) => {
    const config = file('a.yaml', text);
    expect(() => command({ config })).toThrow(says);
  });

  test.each([
    [['images'], "--set 'images': expected NAME=VALUE, such as learningRate=1e-4"],
    [['__proto__.x=1'], 'expected NAME=VALUE'],
    [['network.chanels=8'], '--set network.chanels is no setting of tract train; did you mean network.channels?'],
    [['constructor.prototype.x=1'], '--set constructor is no setting of tract train'],
    [['learningRate=fast'], '--set learningRate must be a number above 0 and at most 1, got "fast"'],
    [['images.x=1'], '--set images must be a whole number of at least 1, got {"x":1}'],
    [['network={a: 1'], '--set network:1: this is no YAML'],
    [['learningRate=1e-4'], '--set learningRate and --lr say the same setting; leave one out'],
  ])('--set %j', (set, says) => {
    expect(() => train({ set, ...(set[0] === 'learningRate=1e-4' && { lr: 1 }) })).toThrow(says);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each([
    [join(scratch, 'nowhere.yaml'), 'ENOENT'],
    [scratch, 'it is no file'],
    ['/dev/zero', 'it is no file'],
    [file('long.yaml', `#${' '.repeat(20_000)}`), 'it has 20001 bytes, settings at most 16384'],
  ])('--config %s', (config, says) => {
    expect(() => train({ config })).toThrow(SettingsError);
    expect(() => train({ config })).toThrow(says);
  });

  test('bytes that are no text', () => {
    const config = join(scratch, 'bytes.yaml');
    writeFileSync(config, Buffer.from([0x61, 0x3a, 0x20, 0xff]));
    expect(() => train({ config })).toThrow('cannot be read');
  });
});

describe('the command that a card or a report tells gives the settings back', () => {
  const io = { out: () => {}, err: () => {}, live: false, columns: () => 80 };
  const words = (line: string) => Array.from(line.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word);

  /** As a shell, commander and the command take it. */
  const taken = (command: 'train' | 'distill', line: string): unknown => {
    const parser = command === 'train' ? trainCommand(io) : distillCommand(io);
    parser.parseOptions(words(line).slice(2));
    return (command === 'train' ? train : distill)(parser.opts());
  };

  test.each([
    ['train', trainPresets],
    ['distill', distillPresets],
  ] as const)('%s, from any preset to any other', (command, presets) => {
    for (const [name, preset] of Object.entries<object>(presets)) {
      // An option takes data with its place only.
      for (const other of Object.values<object>(presets)) {
        const settings = { ...other, data: 'mnist' };
        expect(taken(command, commandOf(command, { [name]: preset }, settings))).toEqual(asJson(settings));
      }
    }
  });

  test('a setting without an option is told with --set', () => {
    const { 'mnist-teacher': preset } = trainPresets;
    const settings = { ...preset, clipNorm: 7, network: { ...preset.network, channelMult: [1, 2] } };
    const line = commandOf('train', { 'mnist-teacher': preset }, settings);
    expect(line).toBe("tract train --preset mnist-teacher --clip-norm 7 --set 'network.channelMult=[1,2]' --out RUN");
    expect(taken('train', line)).toEqual(asJson(settings));
  });
});

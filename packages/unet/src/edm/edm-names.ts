import { leaves } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import type { BackbonePlan, StagePlan } from '../plan.js';
import { fromTorch, type TorchLayout, torchFields } from '../torch-layout.js';
import type { DhariwalUNetConfig, EdmUNetConfig } from './edm-config.js';
import { edmGroups, isHos, planEdm } from './edm-layout.js';
import { edmUNetSpec } from './edm-unet.js';

/**
 * A parameter in a state dict of the published code: its name, PyTorch's layout, and where it makes queries, keys and values the number of heads: its
 * outputs then run (head, channel of the head, {q, k, v}) there and (head, {q, k, v}, channel of the head) here.
 */
export type EdmName = { readonly name: string; readonly layout: TorchLayout; readonly qkvHeads?: number };

const lists = ['down', 'mid', 'up'] as const;

const inStage: Readonly<Record<string, string>> = {
  conv: '',
  'res.norm1': '.norm0',
  'res.conv1': '.conv0',
  'res.time': '.affine',
  'res.norm2': '.norm1',
  'res.conv2': '.conv1',
  'res.skip': '.skip',
  'attention.norm': '.norm2',
  'attention.qkv': '.qkv',
  'attention.out': '.proj',
};

const inEmbedding: Readonly<Record<string, string>> = {
  classes: 'map_label',
  augment: 'map_augment',
  first: 'map_layer0',
  second: 'map_layer1',
};

/**
 * Where each of our parameters (by leaf path, in leaf order) is in a state dict of the published code, of a network under its preconditioning.
 * @throws RangeError for an ADM that EDM's code does not build, such as one without scale and shift.
 */
export function edmNames(config: EdmUNetConfig): Map<string, EdmName> {
  const plan = planEdm(config);
  if (config.kind === 'dhariwal') requireEdms(config, plan);
  const modules = edmModules(config, plan);
  const names = new Map<string, EdmName>();
  for (const [path] of leaves<ParamSpec>(edmUNetSpec(config))) {
    const dot = path.lastIndexOf('.');
    const [layer, leaf] = [path.slice(0, dot), path.slice(dot + 1)];
    const { field, layout } = leaf === 'frequencies' ? { field: 'freqs', layout: 'plain' as const } : torchFields[leaf];
    const name = `model.${moduleOf(layer, leaf, modules)}.${field}`;
    const qkvHeads = layer.endsWith('.attention.qkv') ? headsAt(plan, layer) : undefined;
    names.set(path, { name, layout, ...(qkvHeads !== undefined && { qkvHeads }) });
  }
  return names;
}

/** EDM's code takes no options for its ADM. */
function requireEdms(config: DhariwalUNetConfig, plan: BackbonePlan): void {
  const { scaleShift = true, resampleInBlocks = true, headDim = 64, groups } = config;
  const isOwnGroups = (width: number): boolean => groups === undefined || groups === edmGroups(width);
  const hasOwnGroups = [...plan.down.slice(1), ...plan.mid, ...plan.up].every(({ cIn, cOut }) => isOwnGroups(cIn) && isOwnGroups(cOut));
  if (!scaleShift || !resampleInBlocks || headDim !== 64 || !hasOwnGroups || isHos(config))
    throw new RangeError(
      'edmNames: the ADM of EDM scales and shifts, resamples in blocks, has heads of 64 channels and groups of its own rule, this configuration differs; see admNames',
    );
}

function moduleOf(layer: string, leaf: string, modules: EdmModules): string {
  if (leaf === 'frequencies') return 'map_noise';
  const [list, index, ...rest] = layer.split('.');
  if (list === 'embedding') return inEmbedding[index];
  if (list === 'out') return `${modules.out}_${index}`;
  if (list === 'readouts') return `${modules.readouts[Number(index)]}_${rest[0]}`;
  if (list === 'pyramid') return modules.pyramid[Number(index)];
  return modules[list as (typeof lists)[number]][Number(index)] + inStage[rest.join('.')];
}

function headsAt(plan: BackbonePlan, layer: string): number {
  const [list, index] = layer.split('.');
  const stage = plan[list as (typeof lists)[number]][Number(index)];
  return stage.kind === 'block' ? stage.heads : 0;
}

/** The module of each entry of the plan; a readout's are this and '_norm' or '_conv'. */
export type EdmModules = Readonly<Record<(typeof lists)[number] | 'pyramid' | 'readouts', readonly string[]>> & { readonly out: string };

export function edmModules({ kind, imageSize }: EdmUNetConfig, plan: BackbonePlan): EdmModules {
  let side = imageSize;
  let count = 0;
  const at = (half: 'enc' | 'dec', name: string, resolution = side): string => `${half}.${resolution}x${resolution}_${name}`;
  const moduleOfStage = (half: 'enc' | 'dec', stage: StagePlan): string => {
    if (stage.kind === 'conv') return at(half, 'conv');
    if (stage.resample === undefined) return at(half, `block${count++}`);
    side = stage.resample === 'down' ? side / 2 : side * 2;
    count = 0;
    return at(half, stage.resample);
  };
  const down = plan.down.map((stage) => moduleOfStage('enc', stage));
  const mid = plan.mid.map((_, i) => at('dec', `in${i}`));
  const coarsest = side;
  count = 0;
  const up = plan.up.map((stage) => moduleOfStage('dec', stage));
  return {
    ...{ down, mid, up },
    pyramid: plan.pyramid.map((level, i) => at('enc', `aux_${level.kind}`, imageSize / 2 ** (i + 1))),
    readouts: plan.readouts.map((_, i) => at('dec', 'aux', coarsest * 2 ** i)),
    out: kind === 'song' ? at('dec', 'aux', imageSize) : 'out',
  };
}

/** Values of a parameter in the published order put into ours; `shape` is the shape they have there. Returns the values and their shape here. */
export function fromEdm(
  { layout, qkvHeads }: EdmName,
  values: Float32Array,
  shape: readonly number[],
): { values: Float32Array; shape: number[] } {
  const ours = fromTorch(layout, values, shape);
  return qkvHeads === undefined ? ours : { ...ours, values: partsBeforeChannels(ours.values, ours.shape[ours.shape.length - 1], qkvHeads) };
}

/** Along the last axis, (head, channel, {q, k, v}) -> (head, {q, k, v}, channel). */
function partsBeforeChannels(values: Float32Array, outputs: number, heads: number): Float32Array {
  const channels = outputs / (3 * heads);
  return values.map((_, i) => {
    const output = i % outputs;
    const head = Math.floor(output / (3 * channels));
    const part = Math.floor(output / channels) % 3;
    const channel = output % channels;
    return values[i - output + (head * channels + channel) * 3 + part];
  });
}

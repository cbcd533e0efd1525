import { readFileSync } from 'node:fs';
import { leaves, mul, read, reshape, sum, type Tensor, tensor, transpose, treeFromLeaves, useBackend, valueAndGrad } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import {
  applyUNet,
  fromMlTract,
  type MlTractName,
  mlTractNames,
  type ParamSpec,
  type UNetConfig,
  type UNetParams,
  unetSpec,
} from './index.js';

/** What the published network gave for weights that follow a formula; the file's note describes it. */
type Case = {
  readonly name: string;
  readonly config: UNetConfig;
  readonly logSNR: number[];
  readonly labels?: number[];
  readonly output: number[];
  readonly gradient: Record<string, [along: number, norm: number]>;
  readonly inputGradient: number;
};
const { cases } = JSON.parse(readFileSync(new URL('../test/reference.json', import.meta.url), 'utf8')) as { cases: Case[] };

beforeAll(() => useBackend('cpu'));

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const formula = (count: number, row: number) =>
  Float64Array.from({ length: count }, (_, i) => ((i * 0.6180339887498949 + row * 0.7548776662466927) % 1) * 2 - 1);

/** The shape that a parameter of ours has in the reference. */
function shapeThere(shape: readonly number[], layout: MlTractName['layout']): number[] {
  const [cIn, cOut] = shape.slice(-2);
  if (layout === 'plain') return [...shape];
  return [cOut, cIn, ...shape.slice(0, -2)];
}

function weights(name: string, shape: readonly number[], row: number): Float32Array {
  const fanIn = shape.length > 1 ? sizeOf(shape.slice(1)) : 9;
  const isGain = shape.length === 1 && name.endsWith('weight');
  return Float32Array.from(formula(sizeOf(shape), row), (u) => (isGain ? 1 + u / 4 : u * Math.sqrt(3 / fanIn)));
}

/** The formula's values for every parameter, laid out as ours. */
function parametersOf(config: UNetConfig, rowOffset: number, values: (name: string, shape: number[], row: number) => Float32Array) {
  const names = mlTractNames(config);
  const rows = [...names.values()].map(({ name }) => name).sort();
  return leaves<ParamSpec>(unetSpec(config)).map(([path, spec]): [string, Float32Array] => {
    const { name, layout } = names.get(path)!;
    const shape = shapeThere(spec.shape, layout);
    return [path, fromMlTract(layout, values(name, shape, rows.indexOf(name) + 1 + rowOffset), shape).values];
  });
}

const nhwc = (values: Float64Array, [n, c, h, w]: number[]) => transpose(tensor(Float32Array.from(values), [n, c, h, w]), [0, 2, 3, 1]);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((total, value, i) => total + value * b[i], 0);

test.each(cases)(
  'the $name network gives the reference outputs and gradients',
  async ({ config, logSNR, labels, output, gradient, inputGradient }) => {
    const spec = unetSpec(config);
    const shapes = new Map(leaves<ParamSpec>(spec).map(([path, leaf]) => [path, leaf.shape]));
    const params = treeFromLeaves<Tensor, unknown>(
      parametersOf(config, 0, weights).map(([path, values]) => [path, tensor(values, shapes.get(path)!)] as const),
      spec,
    ) as UNetParams;
    const { imageSize: side, inChannels, outputs } = config;
    const batch = logSNR.length;
    const inputSize = batch * inChannels * side * side;
    const xt = nhwc(
      formula(inputSize, 1000).map((u) => 2 * u),
      [batch, inChannels, side, side],
    );

    const out = await read(applyUNet(config, params, xt, logSNR, labels));
    // 2e-5 of the largest entry: float32 sums of up to 288 terms through some twenty layers, on either side.
    const largest = Math.max(...output.map(Math.abs));
    expect(Math.max(...output.map((value, i) => Math.abs(value - out[i])))).toBeLessThan(2e-5 * largest);

    const cotangent = nhwc(formula(out.length, 2000), [batch, inChannels * outputs, side, side]);
    const { grads } = valueAndGrad(
      (tree: { params: UNetParams; xt: Tensor }) => sum(mul(applyUNet(config, tree.params, tree.xt, logSNR, labels), cotangent)),
      { params, xt },
    );
    const directions = new Map(parametersOf(config, 500, (_, shape, row) => Float32Array.from(formula(sizeOf(shape), row))));
    const names = mlTractNames(config);
    for (const [path, grad] of leaves(grads.params)) {
      const [along, norm] = gradient[names.get(path)!.name];
      const direction = directions.get(path)!;
      const got = await read(reshape(grad, [direction.length]));
      // The sum may cancel, so the scale is the gradient's norm; a bias before a normalisation has a gradient of rounding alone, hence the floor.
      expect(Math.abs(dot(got, direction) - along), path).toBeLessThan(1e-4 * Math.max(norm, 0.1));
    }
    const direction = await read(nhwc(formula(inputSize, 501), [batch, inChannels, side, side]));
    expect(dot(await read(grads.xt), direction)).toBeCloseTo(inputGradient, 3);
  },
);

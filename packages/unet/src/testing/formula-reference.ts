import { leaves, mul, read, reshape, sum, type Tensor, type Tree, tensor, transpose, treeFromLeaves, valueAndGrad } from '@tract/tensor';
import { expect } from 'vitest';
import type { ParamSpec } from '../param-spec.js';

/** Outputs and gradients of a published network for weights that follow a formula; the note of `test/reference.json` describes it. */
export type FormulaCase = {
  readonly name: string;
  readonly output: number[];
  /** By our leaf path. `qkvHeads` for queries, keys and values whose outputs run (head, channel, part) there. */
  readonly parameters: Record<string, [name: string, along: number, norm: number, qkvHeads?: number]>;
  readonly inputGradient: number;
};

/** A network of ours as the formula's weights are put into it and its outputs are compared. */
export type FormulaNetwork<P> = {
  readonly spec: Tree<ParamSpec>;
  readonly apply: (params: P, xt: Tensor) => Tensor;
  /** [N, C, H, W], as in the reference. */
  readonly inputShape: readonly [number, number, number, number];
};

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const formula = (count: number, row: number) =>
  Float64Array.from({ length: count }, (_, i) => ((i * 0.6180339887498949 + row * 0.7548776662466927) % 1) * 2 - 1);

/** Return the shape of a parameter in the reference: kernels and matrices have outputs first, inputs second. */
function shapeThere(path: string, shape: readonly number[]): readonly number[] {
  if (!/\.(kernel|weight)$/.test(path)) return shape;
  const [cIn, cOut] = shape.slice(-2);
  return [cOut, cIn, ...shape.slice(0, -2)];
}

/** Reorder values from the reference's layout into ours; `heads` as for `qkvHeads`. */
function reordered(values: Float32Array, there: readonly number[], shape: readonly number[], heads?: number): Float32Array {
  const outputs = shape[shape.length - 1];
  const channels = heads === undefined ? 0 : outputs / (3 * heads);
  const outputThere = (o: number) =>
    heads === undefined ? o : (Math.floor(o / (3 * channels)) * channels + (o % channels)) * 3 + (Math.floor(o / channels) % 3);
  const inputs = there === shape ? 1 : there[1];
  const taps = values.length / (inputs * outputs);
  return values.map((_, i) => {
    const [output, input, tap] = [i % outputs, Math.floor(i / outputs) % inputs, Math.floor(i / (outputs * inputs))];
    return values[(outputThere(output) * inputs + input) * taps + tap];
  });
}

function weights(name: string, shape: readonly number[], row: number): Float32Array {
  const fanIn = shape.length > 1 ? sizeOf(shape.slice(1)) : 9;
  const isGain = shape.length === 1 && name.endsWith('weight');
  return Float32Array.from(formula(sizeOf(shape), row), (u) => (isGain ? 1 + u / 4 : u * Math.sqrt(3 / fanIn)));
}

/** Return the formula's values for every parameter, in our layout. */
function parametersOf(
  spec: Tree<ParamSpec>,
  parameters: FormulaCase['parameters'],
  rowOffset: number,
  values: (name: string, shape: readonly number[], row: number) => Float32Array,
) {
  const rows = Object.values(parameters)
    .map(([name]) => name)
    .sort();
  return leaves<ParamSpec>(spec).map(([path, { shape }]): [string, Float32Array] => {
    const [name, , , qkvHeads] = parameters[path];
    const there = shapeThere(path, shape);
    return [path, reordered(values(name, there, rows.indexOf(name) + 1 + rowOffset), there, shape, qkvHeads)];
  });
}

const nhwc = (values: Float64Array, [n, c, h, w]: readonly number[]) =>
  transpose(tensor(Float32Array.from(values), [n, c, h, w]), [0, 2, 3, 1]);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((total, value, i) => total + value * b[i], 0);

/** Assert that our outputs and gradients are the reference's, on the active backend. */
export async function expectReference<P extends Tree<Tensor>>(network: FormulaNetwork<P>, expected: FormulaCase): Promise<void> {
  const { spec, apply, inputShape } = network;
  const shapes = new Map(leaves<ParamSpec>(spec).map(([path, leaf]) => [path, leaf.shape]));
  const params = treeFromLeaves<Tensor, unknown>(
    parametersOf(spec, expected.parameters, 0, weights).map(([path, values]) => [path, tensor(values, shapes.get(path)!)] as const),
    spec,
  ) as P;
  const xt = nhwc(
    formula(sizeOf(inputShape), 1000).map((u) => 2 * u),
    inputShape,
  );

  const out = await read(apply(params, xt));
  // 2e-5 of the largest entry: float32 sums of up to a thousand terms through some twenty layers, on either side.
  const largest = Math.max(...expected.output.map(Math.abs));
  expect(Math.max(...expected.output.map((value, i) => Math.abs(value - out[i])))).toBeLessThan(2e-5 * largest);

  const [batch, , height, width] = inputShape;
  const cotangent = nhwc(formula(out.length, 2000), [batch, out.length / (batch * height * width), height, width]);
  const { grads } = valueAndGrad((at: { params: P; xt: Tensor }) => sum(mul(apply(at.params, at.xt), cotangent)), { params, xt });
  const directions = new Map(
    parametersOf(spec, expected.parameters, 500, (_, shape, row) => Float32Array.from(formula(sizeOf(shape), row))),
  );
  for (const [path, grad] of leaves(grads.params)) {
    const [, along, norm] = expected.parameters[path];
    const direction = directions.get(path)!;
    const got = await read(reshape(grad, [direction.length]));
    // The sum may cancel, so the scale is the gradient's norm; a bias before a normalisation has a gradient of rounding alone, hence the floor.
    expect(Math.abs(dot(got, direction) - along), path).toBeLessThan(1e-4 * Math.max(norm, 0.1));
  }
  const direction = await read(nhwc(formula(sizeOf(inputShape), 501), inputShape));
  expect(dot(await read(grads.xt), direction)).toBeCloseTo(expected.inputGradient, 3);
}

import { leaves, mul, read, reshape, sum, type Tensor, type Tree, tensor, transpose, treeFromLeaves, valueAndGrad } from '@tract/tensor';
import { expect } from 'vitest';
import type { ParamSpec } from '../param-spec.js';
import type { TorchLayout } from '../torch-layout.js';

/** What a published network gave for weights that follow a formula; the note of `test/reference.json` describes it. */
export type FormulaCase = {
  readonly name: string;
  readonly output: number[];
  readonly gradient: Record<string, [along: number, norm: number]>;
  readonly inputGradient: number;
};

type Named = { readonly name: string; readonly layout: TorchLayout };

/** A network of ours as the formula's weights are put into it and its outputs are compared. */
export type FormulaNetwork<P> = {
  readonly spec: Tree<ParamSpec>;
  readonly names: ReadonlyMap<string, Named>;
  /** Values as the reference lays them out, of the shape that they have there, in our layout. */
  readonly fromReference: (path: string, values: Float32Array, shape: readonly number[]) => Float32Array;
  readonly apply: (params: P, xt: Tensor) => Tensor;
  /** [N, C, H, W], as in the reference. */
  readonly inputShape: readonly [number, number, number, number];
};

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const formula = (count: number, row: number) =>
  Float64Array.from({ length: count }, (_, i) => ((i * 0.6180339887498949 + row * 0.7548776662466927) % 1) * 2 - 1);

/** The shape that a parameter of ours has in the reference. */
function shapeThere(shape: readonly number[], layout: TorchLayout): number[] {
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
function parametersOf<P>(
  { spec, names, fromReference }: FormulaNetwork<P>,
  rowOffset: number,
  values: (name: string, shape: number[], row: number) => Float32Array,
) {
  const rows = [...names.values()].map(({ name }) => name).sort();
  return leaves<ParamSpec>(spec).map(([path, { shape: ours }]): [string, Float32Array] => {
    const { name, layout } = names.get(path)!;
    const shape = shapeThere(ours, layout);
    return [path, fromReference(path, values(name, shape, rows.indexOf(name) + 1 + rowOffset), shape)];
  });
}

const nhwc = (values: Float64Array, [n, c, h, w]: readonly number[]) =>
  transpose(tensor(Float32Array.from(values), [n, c, h, w]), [0, 2, 3, 1]);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((total, value, i) => total + value * b[i], 0);

/** Asserts that our outputs and gradients are the reference's, on the active backend. */
export async function expectReference<P extends Tree<Tensor>>(network: FormulaNetwork<P>, expected: FormulaCase): Promise<void> {
  const { spec, names, apply, inputShape } = network;
  const shapes = new Map(leaves<ParamSpec>(spec).map(([path, leaf]) => [path, leaf.shape]));
  const params = treeFromLeaves<Tensor, unknown>(
    parametersOf(network, 0, weights).map(([path, values]) => [path, tensor(values, shapes.get(path)!)] as const),
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
  const directions = new Map(parametersOf(network, 500, (_, shape, row) => Float32Array.from(formula(sizeOf(shape), row))));
  for (const [path, grad] of leaves(grads.params)) {
    // What the reference keeps beside its parameters has no gradient there.
    const [along, norm] = expected.gradient[names.get(path)!.name] ?? [0, 0];
    const direction = directions.get(path)!;
    const got = await read(reshape(grad, [direction.length]));
    // The sum may cancel, so the scale is the gradient's norm; a bias before a normalisation has a gradient of rounding alone, hence the floor.
    expect(Math.abs(dot(got, direction) - along), path).toBeLessThan(1e-4 * Math.max(norm, 0.1));
  }
  const direction = await read(nhwc(formula(sizeOf(inputShape), 501), inputShape));
  expect(dot(await read(grads.xt), direction)).toBeCloseTo(expected.inputGradient, 3);
}

import type { KernelCall } from '@tract/backend-native';

type Shape = readonly number[];

const sizeOf = (shape: Shape): number => shape.reduce((size, length) => size * length, 1);

/** Multiply-adds of each output (or of each gradient of an output) of a convolution. */
const taps = ([height, width, channels]: Shape): number => height * width * channels;

/** Products of T×T×C, of which attention needs two forward and five backward (the logits again, and four gradients). */
const attentionWork = ({ inputs: { qkv } }: KernelCall, products: number): number => (2 * products * qkv[0] * qkv[1] ** 2 * qkv[2]) / 3;

const matmulWork = ({ inputs: { a }, outputs: [y], attributes }: KernelCall): number =>
  2 * sizeOf(y) * a[a.length - (attributes.transposeA === true ? 2 : 1)];

const operations: Readonly<Record<string, (call: KernelCall) => number>> = {
  TractConv2D: ({ inputs: { filter }, outputs: [y] }) => 2 * sizeOf(y) * taps(filter),
  TractConv2DInputGrad: ({ inputs: { dy, filter } }) => 2 * sizeOf(dy) * taps(filter),
  TractConv2DFilterGrad: ({ inputs: { dy }, outputs: [dFilter] }) => 2 * sizeOf(dy) * taps(dFilter),
  TractAttention: (call) => attentionWork(call, 2),
  TractAttentionGrad: (call) => attentionWork(call, 5),
  BatchMatMul: matmulWork,
  _FusedMatMul: matmulWork,
};

/**
 * Floating point operations of a call as the direct algorithm has them, whatever the kernel does instead: a multiply-add is two, and taps
 * on padding count. Undefined for kernels that are bound by memory.
 */
export const operationsOf = (call: KernelCall): number | undefined => operations[call.kernel]?.(call);

/** Bytes of a call's float32 inputs and outputs: what it would move if each was touched once and nothing else was. */
export const bytesOf = ({ inputs, outputs }: KernelCall): number =>
  4 * [...Object.values(inputs), ...outputs].reduce((sum, shape) => sum + sizeOf(shape), 0);

const MANY_INPUTS = 8;

const show = (shape: Shape): string => (shape.length === 0 ? 'scalar' : shape.join('x'));

/** The inputs of a call in words, such as `x 64x28x28x32, filter 3x3x32x64, stride 2`; equal for calls that do the same work. */
export function describeShapes({ inputs, outputs, attributes }: KernelCall): string {
  const entries = Object.entries(inputs);
  if (entries.length === 0) return show(outputs[0]);
  if (entries.length > MANY_INPUTS)
    return `${entries.length} tensors, ${entries.reduce((sum, [, shape]) => sum + sizeOf(shape), 0)} values`;
  const words = entries.map(([name, shape]) => {
    const transposed = (name === 'a' && attributes.transposeA === true) || (name === 'b' && attributes.transposeB === true);
    return `${name} ${show(shape)}${transposed ? ' transposed' : ''}`;
  });
  if (typeof attributes.stride === 'number' && attributes.stride !== 1) words.push(`stride ${attributes.stride}`);
  return words.join(', ');
}

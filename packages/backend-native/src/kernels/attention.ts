import { expectRank, expectShape, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Heads = { readonly heads: number };

/** N, T, heads, headDim of qkv [N,T,3C]. @throws RangeError when the channels do not divide. */
function plan(kernel: string, shape: readonly number[], heads: number): [number, number, number, number] {
  const headDim = shape[2] / (3 * heads);
  if (!Number.isInteger(headDim)) {
    throw new RangeError(`${kernel}: expected qkv [N,T,3C] with C a multiple of heads, got [${shape.join(',')}] and ${heads} heads`);
  }
  return [shape[0], shape[1], heads, headDim];
}

const attention: NativeKernel<Heads> = (backend, { qkv }, { heads }) => {
  expectRank('TractAttention', 'qkv', qkv, 3);
  const numbers = plan('TractAttention', qkv.shape, heads);
  const [samples, positions] = numbers;
  return backend.launch(
    'attention',
    [qkv],
    [
      [samples, positions, qkv.shape[2] / 3],
      [samples, heads, positions],
    ],
    numbers,
  );
};

const attentionGrad: NativeKernel<Heads> = (backend, { dy, qkv, out, lse }, { heads }) => {
  expectRank('TractAttentionGrad', 'qkv', qkv, 3);
  const numbers = plan('TractAttentionGrad', qkv.shape, heads);
  const [samples, positions] = numbers;
  const outputShape = [samples, positions, qkv.shape[2] / 3];
  expectShape('TractAttentionGrad', 'dy', dy, outputShape);
  expectShape('TractAttentionGrad', 'out', out, outputShape);
  expectShape('TractAttentionGrad', 'lse', lse, [samples, heads, positions]);
  return backend.launchOne('attentionGrad', [dy, qkv, out, lse], qkv.shape, numbers);
};

export const attentionKernels: NativeKernels = { TractAttention: attention, TractAttentionGrad: attentionGrad };

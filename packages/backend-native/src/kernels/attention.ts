import type { StructArgs } from '../kernel-args.js';
import { expectRank, expectShape, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Heads = { readonly heads: number };

/** Return the sizes of qkv [N,T,3C]. @throws RangeError when the channels do not divide. */
function sizesOf(kernel: string, shape: readonly number[], heads: number): StructArgs<'AttentionSizes'> {
  const headDim = shape[2] / (3 * heads);
  if (!Number.isInteger(headDim)) {
    throw new RangeError(`${kernel}: expected qkv [N,T,3C] with C a multiple of heads, got [${shape.join(',')}] and ${heads} heads`);
  }
  return { N: shape[0], T: shape[1], heads, d: headDim };
}

const attention: NativeKernel<Heads> = (backend, { qkv }, { heads }) => {
  expectRank('TractAttention', 'qkv', qkv, 3);
  const sizes = sizesOf('TractAttention', qkv.shape, heads);
  const { N, T } = sizes;
  return backend.launch('attention', { qkv, out: [N, T, qkv.shape[2] / 3], lse: [N, heads, T], sizes });
};

const attentionGrad: NativeKernel<Heads> = (backend, { dy, qkv, out, lse }, { heads }) => {
  expectRank('TractAttentionGrad', 'qkv', qkv, 3);
  const sizes = sizesOf('TractAttentionGrad', qkv.shape, heads);
  const { N, T } = sizes;
  const outputShape = [N, T, qkv.shape[2] / 3];
  expectShape('TractAttentionGrad', 'dy', dy, outputShape);
  expectShape('TractAttentionGrad', 'out', out, outputShape);
  expectShape('TractAttentionGrad', 'lse', lse, [N, heads, T]);
  return backend.launchOne('attentionGrad', { dy, qkv, out, lse, dqkv: qkv.shape, sizes });
};

export const attentionKernels: NativeKernels = { TractAttention: attention, TractAttentionGrad: attentionGrad };

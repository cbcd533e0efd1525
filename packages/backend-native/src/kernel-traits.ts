import type { KernelTraits } from '@tract/tensor';
import { type KernelName, operandIndex } from './kernel-args.js';

// Result and operands of kernels that read each element of an operand for the last time before they write the one in its place.
const overwrites: { readonly [K in KernelName]?: readonly [result: string, ...operands: string[]] } = {
  add: ['y', 'a', 'b'],
  scale: ['y', 'x'],
  groupNorm: ['y', 'x'],
  groupNormGrad: ['dx', 'dy'],
};

/** What programs may do with kernels to save memory: what is bound by memory itself, or nearly, is run again. */
export const kernelTraits: KernelTraits = {
  repeated: new Set<KernelName>(['groupNorm', 'concat', 'upsample2x', 'downsample2x']),
  overwrites: Object.fromEntries(
    Object.entries(overwrites).map(([kernel, [result, ...operands]]) => {
      const index = (name: string): number => operandIndex(kernel as KernelName, name);
      return [kernel, { result: index(result), operands: operands.map(index) }];
    }),
  ),
};

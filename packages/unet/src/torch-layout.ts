/**
 * How PyTorch lays a parameter out: 'conv' is [cOut, cIn, kh, kw] where ours is [kh, kw, cIn, cOut], 'linear' is [cOut, cIn] where ours
 * is [cIn, cOut], 'plain' is the same.
 */
export type TorchLayout = 'conv' | 'linear' | 'plain';

/** What PyTorch calls the parts of a layer, by what we call them. */
export const torchFields: Readonly<Record<string, { readonly field: string; readonly layout: TorchLayout }>> = {
  kernel: { field: 'weight', layout: 'conv' },
  weight: { field: 'weight', layout: 'linear' },
  gamma: { field: 'weight', layout: 'plain' },
  beta: { field: 'bias', layout: 'plain' },
  bias: { field: 'bias', layout: 'plain' },
};

/**
 * Values in PyTorch's order ('conv' [cOut, cIn, kh, kw], 'linear' [cOut, cIn]) put into ours; `shape` is the shape they have there.
 * Returns the values and their shape here; 'plain' ones are returned as they are.
 */
export function fromTorch(layout: TorchLayout, values: Float32Array, shape: readonly number[]): { values: Float32Array; shape: number[] } {
  if (layout === 'plain') return { values, shape: [...shape] };
  const [cOut, cIn, ...kernel] = shape;
  const taps = kernel.reduce((product, side) => product * side, 1);
  const moved = new Float32Array(values.length);
  for (let o = 0; o < cOut; o++) {
    for (let i = 0; i < cIn; i++) {
      for (let tap = 0; tap < taps; tap++) moved[(tap * cIn + i) * cOut + o] = values[(o * cIn + i) * taps + tap];
    }
  }
  return { values: moved, shape: [...kernel, cIn, cOut] };
}

/**
 * Layout of an array beside ours. 'conv': [cOut, cIn, kh, kw] where ours is [kh, kw, cIn, cOut]. 'linear': [cOut, cIn] where ours is
 * [cIn, cOut]. 'plain': the same order of elements.
 */
export type TorchLayout = 'conv' | 'linear' | 'plain';

/** PyTorch's field and layout for each part of one of our layers. */
export const torchFields: Readonly<Record<string, { readonly field: string; readonly layout: TorchLayout }>> = {
  kernel: { field: 'weight', layout: 'conv' },
  weight: { field: 'weight', layout: 'linear' },
  gamma: { field: 'weight', layout: 'plain' },
  beta: { field: 'bias', layout: 'plain' },
  bias: { field: 'bias', layout: 'plain' },
  frequencies: { field: 'freqs', layout: 'plain' },
};

/** Return PyTorch's shape of an array whose shape here is given. */
export function torchShape(layout: TorchLayout, shape: readonly number[]): readonly number[] {
  if (layout === 'plain') return shape;
  const [cIn, cOut] = shape.slice(-2);
  return [cOut, cIn, ...shape.slice(0, -2)];
}

/** Reorder values in PyTorch's layout, of PyTorch's shape, into ours. 'plain' values are returned as they are. */
export const fromTorch = (layout: TorchLayout, values: Float32Array, shape: readonly number[]): Float32Array =>
  reordered(layout, values, shape, true);

/** Reorder values in our layout into PyTorch's, of PyTorch's shape: the inverse of `fromTorch`. */
export const toTorch = (layout: TorchLayout, values: Float32Array, shape: readonly number[]): Float32Array =>
  reordered(layout, values, shape, false);

function reordered(layout: TorchLayout, values: Float32Array, [cOut, cIn, ...kernel]: readonly number[], toOurs: boolean): Float32Array {
  if (layout === 'plain') return values;
  const taps = kernel.reduce((product, side) => product * side, 1);
  const moved = new Float32Array(values.length);
  for (let o = 0; o < cOut; o++) {
    for (let i = 0; i < cIn; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const ours = (tap * cIn + i) * cOut + o;
        const torch = (o * cIn + i) * taps + tap;
        if (toOurs) moved[ours] = values[torch];
        else moved[torch] = values[ours];
      }
    }
  }
  return moved;
}

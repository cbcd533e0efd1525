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

/** Elements from `begin` to `end` of an array, which may still lie in a file. */
export type ReadFloats = (begin: number, end: number) => Float32Array;

/** Rows, one for each output, that are moved together: what lies side by side on one side, 64 bytes of it, is far apart on the other. */
const BLOCK_ROWS = 16;

/** Read an array in PyTorch's layout, of PyTorch's shape, into ours: a few rows of it at a time, or all where the order is the same. */
export function fromTorch(layout: TorchLayout, read: ReadFloats, shape: readonly number[]): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (layout === 'plain') return read(0, count);
  const { cOut, cIn, taps } = matrixOf(shape);
  const moved = new Float32Array(count);
  for (let begin = 0; begin < cOut; begin += BLOCK_ROWS) {
    const end = Math.min(begin + BLOCK_ROWS, cOut);
    const rows = read(begin * cIn * taps, end * cIn * taps);
    for (let i = 0; i < cIn; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const [ours, torch] = [(tap * cIn + i) * cOut + begin, i * taps + tap];
        for (let o = 0; o < end - begin; o++) moved[ours + o] = rows[torch + o * cIn * taps];
      }
    }
  }
  return moved;
}

/** Reorder values in our layout into PyTorch's, of PyTorch's shape: the inverse of `fromTorch`. 'plain' values are returned as they are. */
export function toTorch(layout: TorchLayout, values: Float32Array, shape: readonly number[]): Float32Array {
  if (layout === 'plain') return values;
  const { cOut, cIn, taps } = matrixOf(shape);
  const moved = new Float32Array(values.length);
  for (let begin = 0; begin < cOut; begin += BLOCK_ROWS) {
    const end = Math.min(begin + BLOCK_ROWS, cOut);
    for (let i = 0; i < cIn; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const [ours, torch] = [(tap * cIn + i) * cOut, i * taps + tap];
        for (let o = begin; o < end; o++) moved[torch + o * cIn * taps] = values[ours + o];
      }
    }
  }
  return moved;
}

const matrixOf = ([cOut, cIn, ...kernel]: readonly number[]) => ({ cOut, cIn, taps: kernel.reduce((product, side) => product * side, 1) });

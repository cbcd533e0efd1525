import { doublingMatrix, halvingMatrix } from '@tract/unet';
import type { Value } from './graph-builder.js';
import type { Features, Layers } from './layers.js';

/** Halving and doubling of feature maps as nodes, by the taps of a network's filter. */
export type Resampling = {
  readonly up: (x: Features) => Features;
  readonly down: (x: Features) => Features;
  /** A 3x3 convolution, then `down`, which sees beyond the border what the convolution gives there. */
  readonly convolveDown: (path: string, x: Features) => Features;
};

/** Return the box for [1, 1], else products with the matrices of the filter along both sides. */
export function resamplingOf(layers: Layers, taps: readonly number[]): Resampling {
  if (taps.length === 2 && taps[0] === taps[1]) return boxOf(layers);
  const sum = taps.reduce((total, tap) => total + tap, 0);
  const weights = taps.map((tap) => tap / sum);
  const pad = taps.length / 2 - 1;
  const halve = (x: Features, zeros: number) => alongBothSides(layers, x, halvingMatrix(weights, x.side, zeros));
  const around = 1 + pad;
  return {
    up: (x) => alongBothSides(layers, x, doublingMatrix(weights, x.side)),
    down: (x) => halve(x, pad),
    convolveDown: (path, x) => halve(layers.conv(path, x, { pads: [around, around, around, around] }), 0),
  };
}

function boxOf(layers: Layers): Resampling {
  const { graph } = layers;
  const down = (x: Features): Features => ({
    ...x,
    value: graph.op('AveragePool', [x.value], { kernel_shape: [2, 2], strides: [2, 2] }),
    side: x.side / 2,
  });
  return { up: (x) => nearest(layers, x), down, convolveDown: (path, x) => down(layers.conv(path, x)) };
}

/** Double both sides; each pixel becomes four. */
export function nearest({ graph }: Layers, x: Features): Features {
  const options = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return { ...x, value: graph.op('Resize', [x.value, '', graph.floats([1, 1, 2, 2], [4])], options), side: 2 * x.side };
}

/** Multiply [N, C, H, W] by a matrix along H and along W. */
function alongBothSides(
  { graph, type }: Layers,
  x: Features,
  { rows, columns, values }: { readonly rows: number; readonly columns: number; readonly values: Float32Array },
): Features {
  const across = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) across[column * rows + row] = values[row * columns + column];
  const name = `filter ${columns} to ${rows}`;
  const left: Value = graph.weights(name, [rows, columns], () => values, type);
  const right: Value = graph.weights(`${name}, across`, [columns, rows], () => across, type);
  return { ...x, value: graph.op('MatMul', [graph.op('MatMul', [left, x.value]), right]), side: rows };
}

/** A kernel over the distance from a new pixel's centre, in old pixels (or new ones where the image shrinks); zero from `support` on. */
type Filter = { readonly support: number; readonly weight: (x: number) => number };

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const filters = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  /** Keys' cubic with a = -1/2. */
  bicubic: {
    support: 2,
    weight: (x) => {
      const d = Math.abs(x);
      if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
      return d < 2 ? -0.5 * (((d - 5) * d + 8) * d - 4) : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} satisfies Record<string, Filter>;

export type PillowFilter = keyof typeof filters;
export const pillowFilters = Object.keys(filters) as readonly PillowFilter[];

/** Weights that resize one axis: new pixel i is the sum over j < counts[i] of weights[i · stride + j] · old pixel (starts[i] + j). */
export type AxisWeights = {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly stride: number;
  readonly weights: Float64Array;
};

/** Pillow's weights, in its order of operations: the filter is widened where the image shrinks, cut at the border and then made to sum to 1. */
export function pillowWeights(from: number, to: number, name: PillowFilter): AxisWeights {
  const { support: unitSupport, weight } = filters[name];
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const support = unitSupport * widening;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Float64Array(to * stride);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const row = weights.subarray(i * stride, i * stride + end - start);
    let total = 0;
    for (let j = 0; j < row.length; j++) {
      row[j] = weight((j + start - centre + 0.5) * (1 / widening));
      total += row[j];
    }
    if (total !== 0) for (let j = 0; j < row.length; j++) row[j] /= total;
    starts[i] = start;
    counts[i] = row.length;
  }
  return { starts, counts, stride, weights };
}

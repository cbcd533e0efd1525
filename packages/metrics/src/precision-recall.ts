import { type FeatureRows, featurePair } from './feature-rows.js';
import { eachRowOfDistances } from './squared-distances.js';

export type PrecisionRecall = {
  /** Share of the generated vectors inside a real one's neighbourhood. */
  readonly precision: number;
  /** Share of the real vectors inside a generated one's neighbourhood. */
  readonly recall: number;
  /** Real neighbourhoods that hold a generated vector, on average, over k; above 1 where samples crowd the dense places. */
  readonly density: number;
  /** Share of the real vectors whose neighbourhood holds a generated one. */
  readonly coverage: number;
  /** 2·precision·recall / (precision + recall), 0 where both are. */
  readonly fScore: number;
  readonly neighbours: number;
};

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) of features [n, d] of real and [m, d] of
 * generated images. The neighbourhood of a vector is the ball to its k-th nearest neighbour in its own set, itself not counted.
 * @throws RangeError for features that are no finite rows of d, or sets of k vectors or fewer.
 */
export function precisionRecall(
  real: Float32Array | Float64Array,
  generated: Float32Array | Float64Array,
  dimensions: number,
  { neighbours = 3 }: { readonly neighbours?: number } = {},
): PrecisionRecall {
  const [known, drawn] = featurePair('precisionRecall', real, generated, dimensions);
  const fewest = Math.min(known.count, drawn.count);
  if (!(Number.isInteger(neighbours) && neighbours >= 1 && neighbours < fewest)) {
    throw new RangeError(`precisionRecall: neighbours must be an integer from 1 to one less than the ${fewest} vectors, got ${neighbours}`);
  }
  const knownRadii = squaredRadii(known, neighbours);
  const drawnRadii = squaredRadii(drawn, neighbours);
  const precise = new Uint8Array(drawn.count);
  let recalled = 0;
  let dense = 0;
  let covered = 0;
  eachRowOfDistances(known, drawn, (i, distances) => {
    const radius = knownRadii[i];
    let within = 0;
    let isRecalled = false;
    for (let j = 0; j < distances.length; j++) {
      if (distances[j] <= radius) precise[j] = 1;
      if (distances[j] < radius) within++;
      if (distances[j] <= drawnRadii[j]) isRecalled = true;
    }
    dense += within;
    if (within > 0) covered++;
    if (isRecalled) recalled++;
  });
  const precision = precise.reduce((sum, hit) => sum + hit, 0) / drawn.count;
  const recall = recalled / known.count;
  const fScore = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, density: dense / (neighbours * drawn.count), coverage: covered / known.count, fScore, neighbours };
}

/** Squared distance from each row to its k-th nearest among the others. */
function squaredRadii(rows: FeatureRows, k: number): Float64Array {
  const radii = new Float64Array(rows.count);
  const nearest = new Float64Array(k);
  eachRowOfDistances(rows, rows, (i, distances) => {
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < distances.length; j++) {
      if (j !== i && distances[j] < nearest[k - 1]) insert(nearest, distances[j]);
    }
    radii[i] = nearest[k - 1];
  });
  return radii;
}

/** Put a value that is below the last into its place among ascending ones; the last falls out. */
function insert(ascending: Float64Array, value: number): void {
  let place = ascending.length - 1;
  for (; place > 0 && ascending[place - 1] > value; place--) ascending[place] = ascending[place - 1];
  ascending[place] = value;
}

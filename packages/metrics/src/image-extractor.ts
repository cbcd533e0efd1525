import { type Images, toValues } from '@tract/images';
import { dispose, read, scope, tensor } from '@tract/tensor';
import type { FeatureExtractor } from './feature-extraction.js';
import { requireFinite } from './feature-statistics.js';
import { type ImageSeries, seriesOf } from './image-series.js';

/** Outputs of an extractor: the features of most metrics, scores of classes for the Inception Score, sFID's spatial features. */
export type FeatureKind = 'features' | 'logits' | 'spatial';

/** [n, dimensions] row-major, one row an image. */
export type ExtractedRows = { readonly values: Float32Array; readonly dimensions: number };
export type Extracted = ReadonlyMap<FeatureKind, ExtractedRows>;

/** The first stage of every metric, from 8-bit images to rows of features: a network with its preprocessing, or any other function. */
export type ImageExtractor = {
  /** Name of network and preprocessing in a report. */
  readonly name: string;
  /** Outputs that it offers. */
  readonly kinds: readonly FeatureKind[];
  readonly extract: (images: Images, kinds: readonly FeatureKind[]) => Promise<Extracted>;
};

/** An extractor of a function from images [n, height, width, channels] in [-1, 1] to features [n, d]. */
export function tensorExtractor(name: string, extract: FeatureExtractor): ImageExtractor {
  return {
    name,
    kinds: ['features'],
    extract: async ({ data, count, height, width, channels }) => {
      const features = scope(() => extract(tensor(toValues(data), [count, height, width, channels])));
      try {
        return new Map([['features', { values: await read(features), dimensions: features.size / count }]]);
      } finally {
        dispose(features);
      }
    },
  };
}

export type ExtractOptions = {
  /** Images at a time. Default: 32. */
  readonly batch?: number;
  /** Called after each batch with the images done so far; an exception in it ends the work. */
  readonly onBatch?: (done: number) => void | Promise<void>;
};

/**
 * Rows of all images. They are as many as the images, finite, and of one length, or a RangeError says which are not.
 * @throws RangeError also for no images or a kind that the extractor does not give.
 */
export async function extractImages(
  extractor: ImageExtractor,
  images: Images | ImageSeries,
  kinds: readonly FeatureKind[],
  options: ExtractOptions = {},
): Promise<Extracted> {
  const all = new Map<FeatureKind, ExtractedRows>();
  await extractBatches(extractor, images, kinds, options, (kind, { values, dimensions }, first) => {
    if (!all.has(kind)) all.set(kind, { values: new Float32Array(images.count * dimensions), dimensions });
    all.get(kind)!.values.set(values, first * dimensions);
  });
  return all;
}

/**
 * Extract features batch by batch, and hand the rows of each to `use` with the number of the first of its images: however many images there are, a batch
 * of them is in memory.
 * @throws RangeError as `extractImages` does
 */
export async function extractBatches(
  extractor: ImageExtractor,
  images: Images | ImageSeries,
  kinds: readonly FeatureKind[],
  { batch = 32, onBatch }: ExtractOptions,
  use: (kind: FeatureKind, rows: ExtractedRows, first: number) => void,
): Promise<void> {
  const lacking = kinds.find((kind) => !extractor.kinds.includes(kind));
  if (lacking !== undefined) throw new RangeError(`extractImages: ${extractor.name} gives ${extractor.kinds.join(', ')} and no ${lacking}`);
  if (images.count < 1) throw new RangeError('extractImages: there are no images');
  const { take } = seriesOf(images);
  const known = new Map<FeatureKind, number>();
  for (let first = 0; first < images.count; first += batch) {
    const part = take(first, Math.min(batch, images.count - first));
    const rows = await extractor.extract(part, kinds);
    for (const kind of kinds) {
      const found = checkedRows(kind, rows.get(kind), known.get(kind), first, part.count, extractor.name);
      known.set(kind, found.dimensions);
      use(kind, found, first);
    }
    await onBatch?.(first + part.count);
  }
}

function checkedRows(
  kind: FeatureKind,
  rows: ExtractedRows | undefined,
  known: number | undefined,
  first: number,
  count: number,
  name: string,
): ExtractedRows {
  const dimensions = known ?? rows?.dimensions ?? 0;
  if (!rows || rows.dimensions !== dimensions || rows.values.length !== count * dimensions || dimensions < 1) {
    throw new RangeError(
      `extractImages: ${name} must give ${count} rows of ${dimensions} ${kind}, got ${rows?.values.length ?? 0} numbers`,
    );
  }
  requireFinite(`extractImages: ${kind} of images from ${first} on, entry`, rows.values);
  return rows;
}

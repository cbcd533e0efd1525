import { dispose, read, scope, tensor } from '@tract/tensor';
import type { ExtractedRows, FeatureKind, ImageExtractor } from '../image-extractor.js';
import { type InputMode, networkInput } from '../network-input.js';
import { applyInception, type InceptionOutput, type InceptionParams } from './inception.js';
import { INCEPTION_SIZE } from './inception-layers.js';

/** The Inception Score is made of the scores without the layer's bias, as in the first program. */
const outputs = { features: '2048', logits: 'unbiased-logits', spatial: 'spatial' } satisfies Record<FeatureKind, InceptionOutput>;

/** The FID InceptionV3 as an extractor. The parameters stay the caller's. */
export const inceptionExtractor = (params: InceptionParams, mode: InputMode): ImageExtractor => ({
  name: `inception-2015-12-05, ${mode}`,
  kinds: ['features', 'logits', 'spatial'],
  extract: async (images, kinds) => {
    const size = { height: INCEPTION_SIZE, width: INCEPTION_SIZE };
    const input = networkInput(images, mode, size);
    const wanted = kinds.map((kind) => outputs[kind]);
    const taken = scope(() => applyInception(params, tensor(input, [images.count, size.height, size.width, 3]), wanted));
    try {
      const rows = new Map<FeatureKind, ExtractedRows>();
      for (const kind of kinds) {
        const output = taken[outputs[kind]];
        rows.set(kind, { values: await read(output), dimensions: output.size / images.count });
      }
      return rows;
    } finally {
      dispose(taken);
    }
  },
});

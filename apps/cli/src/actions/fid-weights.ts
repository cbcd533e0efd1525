import { startBackend } from '../backend.js';
import type { ComputeOptions } from '../common-options.js';
import { chooseExtractor } from '../fid/extractors.js';
import { publishedWeights, readInceptionFile } from '../fid/inception-file.js';
import { type Io, report } from '../io.js';

export type FidWeightsOptions = ComputeOptions & { readonly json?: boolean };

/** Tells what a file of Inception weights is. @throws CliError or CheckpointError (bad data) for one that the network cannot be built from. */
export async function fidWeights(io: Io, file: string, options: FidWeightsOptions): Promise<void> {
  const { format, sha256, isPublished, caution } = readInceptionFile(file);
  const makeExtractor = await chooseExtractor({ ...io, err: () => {} }, { features: 'inception', mode: 'pytorch-fid', weights: file });
  await startBackend(io, options);
  makeExtractor().free();
  report(io, options.json === true, { file, format, sha256, published: isPublished ? publishedWeights.name : null }, [
    `${file}: ${format}, every layer of the network is there`,
    `SHA-256 ${sha256}`,
    isPublished ? `it is the published ${publishedWeights.name}` : (caution ?? ''),
  ]);
}

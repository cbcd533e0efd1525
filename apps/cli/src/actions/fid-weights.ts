import { loadInception, publishedWeights } from '@tract/scores';
import { startBackend } from '../computing/backend.js';
import { type Io, report } from '../io.js';
import { requireWeights } from '../measuring/choose-extractor.js';
import type { ComputeOptions } from '../options/common-options.js';

export type FidWeightsOptions = ComputeOptions & { readonly json?: boolean };

/** Print what a file of Inception weights is. @throws CliError or CheckpointError (bad data) for one that the network cannot be built from. */
export async function fidWeights(io: Io, file: string, options: FidWeightsOptions): Promise<void> {
  requireWeights(file);
  const loaded = loadInception(file, 'pytorch-fid');
  const { format, sha256, isPublished, caution } = loaded.file;
  await startBackend(io, options);
  loaded.start().free();
  report(io, options.json === true, { file, format, sha256, published: isPublished ? publishedWeights.name : null }, [
    `${file}: ${format}, every layer of the network is there`,
    `SHA-256 ${sha256}`,
    isPublished ? `it is the published ${publishedWeights.name}` : (caution ?? ''),
  ]);
}

import { Command } from 'commander';
import type { FidOptions } from '../actions/fid.js';
import type { FidStatsOptions } from '../actions/fid-stats.js';
import type { FidWeightsOptions } from '../actions/fid-weights.js';
import { usageError } from '../errors.js';
import type { Io } from '../io.js';
import { examples, pathName, required, withComputing } from '../options/common-options.js';
import { withMeasuring } from '../options/measuring-options.js';
import { quantity } from '../options/quantity.js';
import { isSharded, type ShardingOptions, withSharding } from '../options/sharding-options.js';

export const fidCommand = (io: Io): Command =>
  withShardedScores(
    withMeasuring(
      new Command('fid')
        .description(
          'Scores the samples A against the reference B: the Frechet distance of their\nfeatures, lower is better, and what else is asked for. A and B are each a\nMODEL, a folder or zip of PNG or JPEG, an npz or npy of images or statistics\n(mu and sigma, or the two files of ml-tract), or mnist:test.',
        )
        .argument('<a>', 'the samples', pathName)
        .argument('<b>', 'the reference', pathName)
        .option('--kid', 'also the kernel distance, over 100 subsets of up to 1,000')
        .option('--prdc', 'also precision, recall, density and coverage (k=3)')
        .option('--is', 'also the Inception Score of A, over 10 splits')
        .option('--sfid', 'also the distance of spatial features')
        .option('--record', 'keep the scores in the config.json of the MODEL A, for\ntract card')
        .option('--extrapolate <n>', 'also the distance that n samples and infinitely many\nwould have (default: not)', quantity)
        .option('--no-cache', 'neither use nor keep features'),
      'inception',
    ),
  )
    .addHelpText(
      'after',
      `
Scores compare only where extractor, weights and mode are the same. Features
are kept in TRACT_CACHE (default ~/.cache/tract/features) by their content;
TRACT_INCEPTION names a file that stands in for --weights.
${examples(
  'tract fid samples.zip cifar10-32x32.npz --weights inception.pth --kid',
  'tract fid mnist-student mnist:test --steps 1 --features digits --json',
)}`,
    )
    .addCommand(statsCommand(io))
    .addCommand(weightsCommand(io))
    .addCommand(mergeCommand(io))
    .action((a: string, b: string, options: ShardedScoreOptions) => scoreOrShards(io, a, b, options));

export type ShardedScoreOptions = FidOptions & ShardingOptions & { readonly out?: string };

/** Add the options of scores in shards. */
export const withShardedScores = (command: Command): Command =>
  withSharding(command).option(
    '--out <folder>',
    'with --shards: where they are written, for tract fid\nmerge (required then; default: none)',
    pathName,
  );

/** Score, or measure shards of A. */
export async function scoreOrShards(io: Io, a: string, b: string, options: ShardedScoreOptions): Promise<void> {
  if (isSharded(options)) return (await import('../actions/shards.js')).fidShards(io, a, options);
  if (options.out !== undefined) throw usageError(`--out is where --shards are written; add --shards, or leave --out ${options.out} out`);
  return (await import('../actions/fid.js')).fid(io, a, b, options);
}

const mergeCommand = (io: Io): Command =>
  withMeasuring(
    new Command('merge')
      .summary('Scores what tract fid --shards has measured, once all shards are there.')
      .description(
        'Puts the shards in FOLDER together as FOLDER/merged.npz, the same bytes whoever\nmeasured them and when, and scores them against B.',
      )
      .argument('<folder>', 'the --out of tract fid --shards', pathName)
      .argument('<b>', 'the reference', pathName),
    'inception',
  )
    .addHelpText('after', examples('tract fid merge parts cifar10-32x32.npz', 'tract fid merge parts mnist:test --features digits'))
    .action(async (folder: string, b: string, options: FidOptions) =>
      (await import('../actions/shards.js')).fidMerge(io, folder, b, options),
    );

const statsCommand = (io: Io): Command =>
  withMeasuring(
    new Command('stats')
      .summary('Writes the statistics of a set, for comparing with it many times.')
      .description('Writes mean and covariance of the features of DATA, as pytorch-fid and EDM\nread them: an npz with mu and sigma.')
      .argument('<data>', 'images or a MODEL, as A and B of tract fid', pathName)
      .addOption(required('--out <file>', 'the FILE.npz to write', pathName))
      .option('--sfid', 'also those of the spatial features, mu_s and sigma_s')
      .option('--no-cache', 'neither use nor keep features'),
    'inception',
  )
    .addHelpText(
      'after',
      examples(
        'tract fid stats photos.zip --weights inception.pth --out photos.npz',
        'tract fid stats mnist:test --features digits --out mnist.npz',
      ),
    )
    .action(async (data: string, options: FidStatsOptions) => (await import('../actions/fid-stats.js')).fidStats(io, data, options));

const weightsCommand = (io: Io): Command =>
  withComputing(
    new Command('weights')
      .summary('Says what a file of Inception weights is; --help says where to get it.')
      .description('Says what a file of Inception weights is, and whether it is the published one.')
      .argument('<file>', 'a file of torch.save or safetensors', pathName)
      .option('--json', 'print one JSON value'),
  )
    .addHelpText(
      'after',
      `
The weights are not part of this program. FID is defined by TensorFlow's
network of 2015-12-05, which pytorch-fid publishes for PyTorch:
  https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights
  pt_inception-2015-12-05-6726825d.pth (its SHA-256 begins with 6726825d)
Give that file to --weights as it is. Nothing in it is run. Any state dict
with the names of torchvision's inception_v3 will do, also as safetensors:
  from safetensors.torch import save_file
  save_file(torch.load("weights.pth"), "weights.safetensors")
Torchvision's own ImageNet weights are another network: no FID comes of them.
${examples('tract fid weights pt_inception-2015-12-05-6726825d.pth', 'tract fid weights weights.safetensors --json')}`,
    )
    .action(async (file: string, options: FidWeightsOptions) => (await import('../actions/fid-weights.js')).fidWeights(io, file, options));

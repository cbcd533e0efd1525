import type { RunLimits } from '@tract/convert/node';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ConvertOptions } from '../actions/convert.js';
import { type Io, processIo } from '../io.js';
import { examples, pathName } from '../options/common-options.js';
import { positiveNumber, quantity } from '../options/quantity.js';

const details = `
SRC is a model folder, a safetensors file, an index of shards of one
(*.safetensors.index.json), a file of torch.save (.pt, .pth, .ckpt: a state
dict, or a trainer's file with several), a flax checkpoint (msgpack), a network
pickle of EDM (.pkl) or a folder of diffusers (a UNet2DModel, or a pipeline
with one). It is told by its content, and nothing in it is ever run; it is
read in a process of its own, within limits of memory and time.
DST is a new model folder, a .safetensors (the same in one file), a .pt (a
state dict under the names of the reference program, for torch.load) or a .onnx
(a graph for onnxruntime: xt and logSNR to x0, images [N, C, H, W]).
What the weights do not tell (image size, heads) is asked for with --config.
A network of EDM becomes a model in a folder; in a .safetensors or a .pt it
keeps its names.
Networks of OpenAI become a model when --config says what stands around them:
{"preconditioning":{"kind":"ddpm","betas":"cosine"}} (guided-diffusion),
{"kind":"consistency"} (with "sigmaMin":0 for the EDM teachers of that code);
else a .safetensors of the network alone, our names in it.
With --to diffusers, DST becomes a folder that UNet2DModel reads; with --to
onnx one as the Hub has them: onnx/model.onnx, config.json and, where diffusers
has one for its levels, scheduler_config.json.
A name left over or missing is an error (exit code 3): nothing is written.`;

function sha256(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('It must be 64 hexadecimal digits.');
  return text.toLowerCase();
}

/** Megabytes below which Node does not even begin, and may wait for ever. */
const leastMemory = 100;

function megabytes(text: string): number {
  const value = quantity(text);
  if (value < leastMemory) throw new InvalidArgumentError(`expected at least ${leastMemory}, which reading nothing takes.`);
  return value;
}

export const convertCommand = (io: Io): Command =>
  new Command('convert')
    .description('Turns checkpoints of other programs into models, and back; prints what became\nof every name.')
    .argument('<src>', 'what to read', pathName)
    .argument('<dst>', 'what to write', pathName)
    .option(
      '--family <name>',
      'the program that SRC comes from: ml-tract, edm, flax,\nopenai, diffusers, or auto to tell by its names',
      'auto',
    )
    .option(
      '--part <name>',
      "network of a trainer's file: model, ema, self-teacher,\nteacher, or the prefix of its names (default: its only\none)",
    )
    .option(
      '--config <file>',
      'JSON of what the weights do not tell, such as\n{"imageSize":32,"heads":1}; or a config.json (default: none)',
      pathName,
    )
    .addOption(new Option('--to <name>', 'the program that a folder is written for (default: this\none)').choices(['diffusers', 'onnx']))
    .option('--float16', 'weights of an ONNX graph in half precision')
    .option('--one-step', "a student's one step as an ONNX graph: noise to image")
    .option(
      '--expect-sha256 <hex>',
      'what the bytes of SRC must hash to; of shards,\nall of them by name; of a folder, its weights\n(default: anything)',
      sha256,
    )
    .option('--memory-limit <mb>', "megabytes that reading SRC may take (default: three\nquarters of the machine's)", megabytes)
    .option('--time-limit <s>', 'seconds that it may take', positiveNumber(1e6), 1800)
    .addOption(new Option('--here').hideHelp()) // given to the process that the limits hold for
    .option('--json', 'print one JSON value')
    .addHelpText('after', details)
    .addHelpText(
      'after',
      examples(
        'tract convert cifar_original.pt runs/teacher',
        'tract convert 000100663296.pth runs/student --part ema',
        'tract convert runs/student/model student.pt',
        'tract convert ddpm-cifar10-32 runs/ddpm',
        'tract convert runs/student/model student --to diffusers',
        'tract convert runs/student/model digits.onnx --one-step',
      ),
    )
    .action(async (source: string, destination: string, { here, ...options }: ConvertOptions & RunLimits & { here?: true }) => {
      // Who calls `main` with an Io of its own has no command line that could be run again.
      if (here || io !== processIo) return (await import('../actions/convert.js')).convert(io, source, destination, options);
      (await import('../actions/convert-apart.js')).convertApart(io, source, destination, options);
    });

import { Command, Option } from 'commander';
import type { ConvertOptions } from '../actions/convert.js';
import { examples, pathName } from '../common-options.js';
import type { Io } from '../io.js';

const details = `
SRC is a model folder, a safetensors file, a file of torch.save (.pt, .pth,
.ckpt: a state dict, or a trainer's file with several), a flax checkpoint
(msgpack) or a network pickle of EDM (.pkl). It is told by its content, and
nothing in it is ever run.
DST is a new model folder, a .safetensors (the same in one file) or a .pt (a
state dict under the names of the reference program, for torch.load).
What the weights do not tell (image size, heads) is asked for with --config.
A network of EDM becomes a model in a folder; in a .safetensors or a .pt it
keeps its names.
Networks of OpenAI become a .safetensors of the network alone, our names in it.
A name left over or missing is an error (exit code 3): nothing is written.`;

export const convertCommand = (io: Io): Command =>
  new Command('convert')
    .summary('Turns checkpoints of other programs into models, and back.')
    .description('Turns checkpoints of other programs into models, and back; prints what became\nof every name.')
    .argument('<src>', 'what to read', pathName)
    .argument('<dst>', 'what to write', pathName)
    .addOption(
      new Option('--family <name>', 'the program that SRC comes from')
        .choices(['auto', 'ml-tract', 'edm', 'flax', 'openai'])
        .default('auto'),
    )
    .addOption(new Option('--part <name>', "which network of a trainer's file").choices(['model', 'ema', 'self-teacher', 'teacher']))
    .option('--config <file>', 'JSON of what the weights do not tell, such as\n{"imageSize":32,"heads":1}; or a config.json', pathName)
    .option('--json', 'print one JSON value')
    .addHelpText('after', details)
    .addHelpText(
      'after',
      examples(
        'tract convert cifar_original.pt runs/teacher',
        'tract convert 000100663296.pth runs/student --part ema',
        'tract convert runs/student/model student.pt',
      ),
    )
    .action(async (source: string, destination: string, options: ConvertOptions) =>
      (await import('../actions/convert.js')).convert(io, source, destination, options),
    );

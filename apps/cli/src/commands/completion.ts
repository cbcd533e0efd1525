import { Argument, Command } from 'commander';
import { complete } from '../completion/complete.js';
import { completionScripts } from '../completion/scripts.js';
import type { Io } from '../io.js';
import { examples } from '../options/common-options.js';

const shells = Object.keys(completionScripts) as (keyof typeof completionScripts)[];

const setUp = `
bash  eval "$(tract completion bash)" in ~/.bashrc
zsh   eval "$(tract completion zsh)" in ~/.zshrc, after compinit
fish  tract completion fish | source, in ~/.config/fish/config.fish`;

export const completionCommand = (io: Io): Command =>
  new Command('completion')
    .addArgument(new Argument('<shell>', 'for which shell').choices(shells))
    .addHelpText('after', setUp)
    .addHelpText('after', examples('tract completion bash >> ~/.bashrc', 'tract completion zsh > ~/.zfunc/_tract'))
    .action((shell: keyof typeof completionScripts) => io.out(completionScripts[shell]));

/** The command that the scripts ask: prints a word, a tab and its purpose on each line, and `:files` if a path may stand there. */
export const completeCommand = (io: Io): Command =>
  new Command('complete')
    .description('Prints what can follow after the words of a command line; shells ask it.')
    .argument('[words...]', 'the words so far, after --; the last may be empty')
    .addHelpText('after', examples("tract complete -- train --preset ''", 'tract complete -- sample mnist-'))
    .action(async (words: readonly string[], _options: object, { parent }: Command) => {
      const { words: found, files } = await complete(parent!, words);
      const lines = [...found.map(({ word, about }) => `${word}\t${about}`), ...(files ? [':files'] : [])];
      io.out(lines.map((line) => `${line}\n`).join(''));
    });

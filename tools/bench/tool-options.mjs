import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ToolError } from './programs.mjs';

const common = {
  out: { type: 'string', default: 'results/speed' },
  threads: { type: 'string', default: String(availableParallelism()) },
  steps: { type: 'string', default: '3' },
  quick: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/**
 * The command line of a tool: its own options and those that both have.
 * @throws ToolError (usage) for what is not there.
 */
export function toolOptions(args, own) {
  try {
    return parseArgs({ args, options: { ...common, ...own }, strict: true }).values;
  } catch (error) {
    throw new ToolError(`${error.message.split('\n')[0]}; see --help`, 2);
  }
}

/** @throws ToolError (usage) */
export function count(name, text) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new ToolError(`--${name} must be a whole number of at least 1, got '${text}'`, 2);
  return value;
}

/** Run a tool's main function: errors become one sentence on stderr and an exit code. */
export async function runTool(main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${error instanceof ToolError ? error.message : (error.stack ?? error)}`);
    process.exitCode = error instanceof ToolError ? error.exitCode : 1;
  }
}

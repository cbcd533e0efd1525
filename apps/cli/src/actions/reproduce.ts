import { runTable, type ScaleName, scales, type TableOptions, tableJobs, teacherOf, teacherWords, writeTable } from '@tract/reproduce';
import { startChild } from '@tract/train/node';
import { interruptible } from '../computing/interruptible.js';
import { asUsage, endedAs, exitCodes } from '../errors.js';
import { type Io, report } from '../io.js';
import { readTeacher } from '../models/known-teacher.js';
import type { ComputeOptions } from '../options/common-options.js';

type Asked = Pick<TableOptions, 'seeds' | 'out' | 'data' | 'reference' | 'features' | 'soFar'> &
  Partial<Pick<TableOptions, 'images' | 'samples' | 'teacher'>>;
export type ReproduceOptions = ComputeOptions & Asked & { readonly scale: ScaleName; readonly json?: boolean };

/** Run a table by command lines of `tract`, each a process of its own, and write and print what it came to. */
export async function reproduce(io: Io, table: TableOptions['table'], asked: ReproduceOptions): Promise<void> {
  const { json, scale, backend, threads, silent, teacher = teacherOf(table), ...rest } = asked;
  const given = Object.entries({ backend, threads }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]));
  const options = { ...scales[scale], ...rest, teacher, table, computing: silent ? [...given, '--silent'] : given };
  asUsage(() => tableJobs(options));
  const say = (sentence: string): void => (silent ? undefined : io.err(`${sentence}\n`));
  const words = teacherWords(readTeacher(teacher));
  const result = await interruptible('the same command goes on', (pause) => {
    const tract = (args: readonly string[]): Promise<string> => pause().then(() => ownCommand(args));
    return runTable(options, words, { tract, say });
  });
  report(io, json === true, result, [writeTable(options.out, result)]);
}

/** Run this program with other arguments; return what it printed. @throws CliError with its code, when that is not 0. */
async function ownCommand(args: readonly string[]): Promise<string> {
  const { code, output = '' } = await startChild([...process.execArgv, process.argv[1], ...args], { keepOutput: true });
  if (code !== exitCodes.ok) throw endedAs(code ?? exitCodes.interrupted);
  return output;
}

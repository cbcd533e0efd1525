import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { activate, type Loaders, processorLoaders } from './backends.js';
import { checkCheckpoint, checkpointFormat, twinOf } from './checkpoints.js';
import { GoldenFile } from './golden-file.js';
import { kindOf } from './kinds.js';
import { checkStatistics, featuresOf, statisticsKind } from './statistics-file.js';
import { details, isFailure, type Row, summary, Table } from './table.js';

const usageOf = (loaders: Loaders): string => `usage: npm run parity -- DIR [--backend ${Object.keys(loaders).join('|')}] [--details]

Runs ours on the inputs of every golden file in DIR and prints one row a file: the largest relative error and its tolerance.
Without --backend, on every backend that this machine has. --details lists every number compared.
Exit code 1 when anything misses its tolerance or a known file cannot be used, 2 for wrong usage, 4 when the backend asked for is missing.`;

/** Wrong usage: the message is for the person who typed it. */
class UsageError extends Error {}

type Request = {
  readonly directory: string;
  readonly files: readonly string[];
  readonly backends: readonly string[];
  readonly chosen: boolean;
  readonly details: boolean;
};

/** The whole program, on backends of the processor or on others: returns the exit code, writes results to `print` and everything else to `tell`. */
export async function parity(
  args: readonly string[],
  print: (line: string) => void,
  tell: (line: string) => void,
  loaders: Loaders = processorLoaders,
): Promise<number> {
  const usage = usageOf(loaders);
  try {
    const request = parseRequest(args, Object.keys(loaders));
    if (request !== undefined) return await run(request, loaders, print, tell);
    print(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tell(`parity: ${error.message}\n\n${usage}`);
    return 2;
  }
}

function parseRequest(args: readonly string[], backendNames: readonly string[]): Request | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [directory, ...rest] = positionals;
  if (directory === undefined || rest.length > 0) throw new UsageError(`expected one directory, got ${positionals.length}`);
  const { backend } = values;
  if (backend !== undefined && !backendNames.includes(backend)) {
    throw new UsageError(`--backend must be one of ${backendNames.join(', ')}, got '${backend}'`);
  }
  const files = filesIn(directory);
  if (files.length === 0) throw new UsageError(`there is no file in '${directory}'`);
  return {
    directory,
    files,
    backends: backend === undefined ? backendNames : [backend],
    chosen: backend !== undefined,
    details: values.details,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        backend: { type: 'string' },
        details: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function filesIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw new UsageError(`cannot list '${directory}': ${(error as Error).message}`);
  }
}

async function run(
  { directory, files, backends, chosen, details: detailed }: Request,
  loaders: Loaders,
  print: (line: string) => void,
  tell: (line: string) => void,
): Promise<number> {
  const table = new Table(files);
  const rows: Row[] = [];
  let first = true;
  for (const backend of backends) {
    try {
      await activate(loaders, backend);
    } catch (error) {
      tell(`parity: backend '${backend}' is not available: ${(error as Error).message}`);
      if (chosen) return 4;
      continue;
    }
    if (first) print(table.head());
    for (const file of files) {
      const row = await checkFile(directory, file, backend);
      // Notes that do not depend on the backend are printed once.
      if (row.backend === undefined && !first) continue;
      rows.push(row);
      print(table.row(row));
      if (detailed) for (const text of details(row)) print(text);
    }
    first = false;
  }
  print(summary(rows));
  return rows.length === 0 || rows.some(isFailure) ? 1 : 0;
}

async function checkFile(directory: string, name: string, backend: string): Promise<Row> {
  let row: Omit<Row, 'outcome'> = { file: name };
  try {
    const format = checkpointFormat(name);
    if (format !== undefined && existsSync(twinOf(join(directory, name), format))) {
      row = { file: name, kind: format.kind };
      return { ...row, outcome: { result: 'checked', findings: checkCheckpoint(join(directory, name), format) } };
    }
    const features = featuresOf(join(directory, name));
    if (features !== undefined) {
      row = { file: name, kind: statisticsKind };
      return { ...row, outcome: { result: 'checked', findings: await checkStatistics(join(directory, name), features) } };
    }
    if (!name.endsWith('.safetensors')) return { ...row, outcome: { result: 'not known' } };
    const file = new GoldenFile(join(directory, name));
    const kind = kindOf(file);
    if (kind === undefined) return { ...row, outcome: { result: 'not known' } };
    row = { file: name, kind: kind.name, ...(kind.usesBackend && { backend }) };
    return { ...row, outcome: { result: 'checked', findings: await kind.check(file) } };
  } catch (error) {
    return { ...row, outcome: { result: 'broken', reason: (error as Error).message } };
  }
}

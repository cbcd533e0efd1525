import { type Io, report } from '../io.js';
import { withCommas } from '../quantity.js';
import { version } from '../version.js';
import type { Part } from './convert-part.js';
import type { Source } from './convert-source.js';
import type { NameTable } from './convert-table.js';

/** What came of a conversion, before anything is written. */
export type Outcome = {
  readonly family: string;
  readonly part?: Part;
  readonly network: unknown;
  readonly prediction?: string;
  readonly table: NameTable;
  /** Names of the file that belong to none of what was asked for. */
  readonly others: readonly string[];
  /** Called only when every name has its place. */
  readonly write: () => void;
};

/** Prints what became of every name; `destination` is undefined when nothing was written. */
export function reportNames(
  io: Io,
  json: boolean,
  { path: source, format, sha256 }: Source,
  destination: string | undefined,
  outcome: Outcome,
): void {
  const { family, part, network, prediction, table, others } = outcome;
  const facts = {
    ...{ source, format, sha256, version, destination: destination ?? null },
    ...{ family, part: part ?? null, network, prediction: prediction ?? null },
  };
  const numbers = table.mapped.reduce((sum, { from, shape }) => sum + from.length * shape.reduce((product, size) => product * size, 1), 0);
  const what = `${withCommas(numbers)} numbers in ${table.mapped.length} tensors, from ${source} (${part ? `${family}, ${part}` : family})`;
  const differing = table.differing.map(({ name, expected, found }) => `${name}  [${found}], expected [${expected}]`);
  report(io, json, { ...facts, ...table, others }, [
    ...table.mapped.map(
      ({ from, to, shape }) => `${from.length === 1 && from[0] === to ? to : `${from.join(' + ')} -> ${to}`}  [${shape.join(', ')}]`,
    ),
    ...list('left over', table.leftOver),
    ...list('missing', table.missing),
    ...list('of another shape', differing),
    ...(others.length > 0 ? [`not asked for: ${others.length} names, such as ${others[0]}`] : []),
    `${source}: ${format}, SHA-256 ${sha256}, read by tract ${version}`,
    destination === undefined ? `nothing written of ${what}` : `${destination}: ${what}`,
  ]);
}

const list = (title: string, names: readonly string[]): string[] =>
  names.length === 0 ? [`${title}: none`] : names.map((name) => `${title}: ${name}`);

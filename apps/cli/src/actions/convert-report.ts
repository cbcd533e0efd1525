import type { ConversionPlan } from '@tract/convert';
import { withCommas } from '@tract/report';
import { type Io, report, warnOn } from '../io.js';
import { version } from '../version.js';

/** The file that was read. */
type ReadFile = { readonly path: string; readonly container: string; readonly sha256: string };

/** Print the fate of every name; `destination` is undefined when nothing was written. */
export function reportNames(
  io: Io,
  json: boolean,
  { path: source, container, sha256 }: ReadFile,
  destination: string | undefined,
  { format: family, part, network, prediction, table, others, notes }: ConversionPlan,
): void {
  for (const note of notes) warnOn(io)(`${source}: ${note}`);
  const facts = {
    ...{ source, format: container, sha256, version, destination: destination ?? null },
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
    `${source}: ${container}, SHA-256 ${sha256}, read by tract ${version}`,
    destination === undefined ? `nothing written of ${what}` : `${destination}: ${what}`,
  ]);
}

const list = (title: string, names: readonly string[]): string[] =>
  names.length === 0 ? [`${title}: none`] : names.map((name) => `${title}: ${name}`);

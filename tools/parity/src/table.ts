import { type Finding, isMiss, worstFinding } from './compare.js';

/** Outcome of one file on one backend. */
type Outcome =
  | { readonly result: 'checked'; readonly findings: readonly Finding[] }
  | { readonly result: 'broken'; readonly reason: string }
  | { readonly result: 'not known' };
export type Row = { readonly file: string; readonly kind?: string; readonly backend?: string; readonly outcome: Outcome };

type Columns = readonly [kind: string, backend: string, error: string, tolerance: string, verdict: string, note: string];

const widths = [12, 8, 10, 10, 10];
const digits = (value: number): string => value.toExponential(1);

export const isFailure = ({ outcome }: Row): boolean =>
  outcome.result === 'broken' || (outcome.result === 'checked' && outcome.findings.some(isMiss));

function columnsOf({ kind = '-', backend = '-', outcome }: Row): Columns {
  if (outcome.result === 'not known') return [kind, backend, '-', '-', 'not known', ''];
  if (outcome.result === 'broken') return [kind, backend, '-', '-', 'BROKEN', outcome.reason];
  const { what, error, tolerance } = worstFinding(outcome.findings);
  const misses = outcome.findings.filter(isMiss).length;
  const count = misses > 0 ? `, ${misses} of ${outcome.findings.length} missed` : `, of ${outcome.findings.length}`;
  return [kind, backend, digits(error), digits(tolerance), misses > 0 ? 'MISS' : 'ok', what + count];
}

const line = (fileWidth: number, file: string, columns: readonly string[]): string =>
  [file.padEnd(fileWidth), ...columns.map((text, i) => text.padEnd(widths[i] ?? 0))].join('  ').trimEnd();

/** Lay rows out under headings; rows can be written one at a time, as they come. */
export class Table {
  readonly #fileWidth: number;

  constructor(files: readonly string[]) {
    this.#fileWidth = Math.max(4, ...files.map((file) => file.length));
  }

  head(): string {
    return line(this.#fileWidth, 'file', ['kind', 'backend', 'error', 'tolerance', 'result', 'worst']);
  }

  row(row: Row): string {
    return line(this.#fileWidth, row.file, columnsOf(row));
  }
}

/** Every finding of a row, one a line. */
export const details = ({ outcome }: Row): string[] =>
  outcome.result === 'checked'
    ? outcome.findings.map(
        (finding) => `    ${digits(finding.error)} of ${digits(finding.tolerance)}${isMiss(finding) ? ' MISS' : ''}  ${finding.what}`,
      )
    : [];

export function summary(rows: readonly Row[]): string {
  const missed = rows.filter((row) => row.outcome.result === 'checked' && isFailure(row)).length;
  const broken = rows.filter((row) => row.outcome.result === 'broken').length;
  const unknown = rows.filter((row) => row.outcome.result === 'not known').length;
  return `${rows.length - missed - broken - unknown} ok, ${missed} missed, ${broken} broken, ${unknown} not known`;
}

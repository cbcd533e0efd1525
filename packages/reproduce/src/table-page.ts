import { withCommas } from '@tract/report';
import { type RowName, rows } from './rows.js';
import { judge, type Spread, spreadOf } from './spread.js';
import type { TableResult } from './table-result.js';
import { labelIn, type Table, tables } from './tables.js';

/** Two digits behind the point. */
const shown = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2));

const markdownTable = (head: readonly string[], lines: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${' --- |'.repeat(head.length)}`,
  ...lines.map((line) => `| ${line.join(' | ')} |`),
];

const distances = ({ rows: outcomes }: TableResult, row: keyof TableResult['rows']): Spread | undefined => {
  const values = outcomes[row]?.map(({ frechetDistance }) => frechetDistance) ?? [];
  return values.length === 0 ? undefined : spreadOf(values);
};

/** Hours of training that a result took, all rows and seeds together. */
export const hoursOf = ({ rows: outcomes }: TableResult): number =>
  Object.values(outcomes)
    .flat()
    .reduce((sum, { seconds }) => sum + seconds, 0) / 3600;

/** The command that gives a result; its teacher is described beside it. */
const commandOf = ({ table, images, samples, seeds, data, reference, features }: TableResult): string =>
  [
    `tract reproduce ${table} --images ${images} --samples ${samples} --seeds ${seeds} --teacher MODEL`,
    ...(data === undefined ? [] : [`--data ${data}`]),
    `--reference ${reference} --features ${features} --out RUNS`,
  ].join(' ');

/** Return the section of a page about a table's result: what was run, the rows beside the paper's, and what is confirmed. Markdown. */
export function tablePage(result: TableResult): string {
  const { title, finding, entries, claims, teacherSteps }: Table = tables[result.table];
  const label = (row: RowName): string => labelIn(result.table, row);
  const lines = entries.map(({ row, paper }) => {
    const spread = distances(result, row);
    const seeds = result.rows[row]?.map(({ frechetDistance }) => shown(frechetDistance)).join(', ') ?? '';
    const images = result.rows[row]?.[0]?.images;
    return [
      label(row),
      String(rows[row].calls),
      images === undefined ? '–' : withCommas(images),
      shown(spread?.mean),
      shown(spread?.sd),
      seeds,
      shown(paper),
    ];
  });
  const judged = claims.flatMap(({ lower, higher }) => {
    const [a, b] = [distances(result, lower), distances(result, higher)];
    return a && b ? [[`${label(lower)} below ${label(higher)}`, judge(a, b)]] : [];
  });
  return [
    `## ${title}${result.data === undefined ? '' : `, on ${result.data}`}`,
    '',
    `The paper: ${finding}`,
    '',
    `\`${commandOf(result)}\``,
    '',
    `Teacher: ${result.teacher}. Distances over ${withCommas(result.samples)} samples (${result.features}) to ${result.reference}. ${hoursOf(result).toFixed(1)} hours on ${result.machine}.`,
    '',
    ...markdownTable(['row', 'calls', 'images', 'distance', 'sd', 'by seed', 'paper'], lines),
    ...(judged.length > 0 ? ['', ...markdownTable(['claim', 'here'], judged)] : []),
    ...(teacherSteps ? ['', ...teacherPart(result)] : []),
    '',
  ].join('\n');
}

/** The teacher by steps, and the most of them that one call of the student beats. */
function teacherPart(result: TableResult): string[] {
  const outcomes = result.teacherOutcomes ?? [];
  const steps = [...new Set(outcomes.map((outcome) => outcome.steps))].sort((a, b) => a - b);
  const spreads = steps.map((count) => spreadOf(outcomes.filter((one) => one.steps === count).map((one) => one.frechetDistance)));
  const student = distances(result, 'tract-2-phases');
  const beaten = student && steps.filter((_, i) => judge(student, spreads[i]) === 'confirmed');
  return [
    ...markdownTable(
      ["the teacher's steps", 'distance', 'sd'],
      steps.map((count, i) => [withCommas(count), shown(spreads[i].mean), shown(spreads[i].sd)]),
    ),
    ...(beaten && beaten.length > 0 ? ['', `One call of the student is below the teacher at ${Math.max(...beaten)} steps and fewer.`] : []),
  ];
}

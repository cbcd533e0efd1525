import { type RowName, rows } from './rows.js';

/** A row of a table, and the paper's Fréchet distance there (CIFAR-10, 50,000 samples), where it gives one. */
export type Entry = {
  readonly row: RowName;
  readonly paper?: number /** Its name in this table. Default: the row's. */;
  readonly label?: string;
};

/** A finding of the paper's: the distance of one row is below that of another. */
export type Claim = { readonly lower: RowName; readonly higher: RowName };

export type Table = {
  readonly title: string;
  /** What the paper found, in a sentence. */
  readonly finding: string;
  readonly entries: readonly Entry[];
  readonly claims: readonly Claim[];
  /** MODEL that its rows distil where no other is named. Default: the shipped teacher of digits. */
  readonly teacher?: string;
  /** Sampling steps at which the teacher is measured too. Default: none. */
  readonly teacherSteps?: readonly number[];
};

const below = (lower: RowName, ...others: readonly RowName[]): Claim[] => others.map((higher) => ({ lower, higher }));

/**
 * The tables by the names that the command line uses. Source of findings and figures: Berthelot et al. 2023, tables 1, 3, 4 and 5 and figure 5; trainings of
 * 96M images.
 */
export const tables = {
  schedules: {
    title: 'Schedules',
    finding: 'Two phases are best, and with ten halvings the teacher is a better second half of the target than the self-teacher.',
    entries: [
      { row: 'tract-1-phase', paper: 14.4 },
      { row: 'tract-2-phases', paper: 5.24 },
      { row: 'tract-3-phases', paper: 6.06 },
      { row: 'tract-4-phases', paper: 7.27 },
      { row: 'btd-halvings', paper: 5.95 },
      { row: 'tract-halvings', paper: 6.8 },
    ],
    claims: [
      ...below('tract-2-phases', 'tract-1-phase', 'tract-3-phases', 'tract-4-phases', 'btd-halvings', 'tract-halvings'),
      ...below('btd-halvings', 'tract-halvings'),
    ],
  },
  'self-teacher': {
    title: "Momentum of the self-teacher's average",
    finding: 'A momentum of 0.5 is best.',
    entries: [
      { row: 'self-ema-0', paper: 6.32 },
      { row: 'tract-2-phases', paper: 5.24, label: 'momentum 0.5' },
      { row: 'self-ema-0.9', paper: 6.04 },
      { row: 'self-ema-0.99', paper: 7.61 },
    ],
    claims: below('tract-2-phases', 'self-ema-0', 'self-ema-0.9', 'self-ema-0.99'),
  },
  'sampling-average': {
    title: 'The sampling average: one residual, or one momentum, for trainings of three lengths',
    finding: 'A momentum that leaves the same residual at the end of a phase serves all lengths; a fixed one fits one of them.',
    entries: [
      { row: 'residual-quarter' },
      { row: 'momentum-quarter' },
      { row: 'residual-half' },
      { row: 'tract-2-phases', label: 'residual, all of them' },
      { row: 'momentum-whole' },
    ],
    claims: [...below('residual-quarter', 'momentum-quarter'), ...below('tract-2-phases', 'momentum-whole')],
  },
  'tract-beside-btd': {
    title: 'TRACT beside binary time-distillation, at equal images',
    finding: 'TRACT is below binary time-distillation at one call and at two.',
    entries: [
      { row: 'tract-2-phases', paper: 5.02, label: 'TRACT 1024 → 32 → 1' },
      { row: 'btd-halvings', paper: 9.12, label: 'BTD 1024 → 512 → … → 1' },
      { row: 'btd-published' },
      { row: 'tract-to-2', paper: 3.32 },
      { row: 'btd-to-2', paper: 4.51 },
      { row: 'tract-to-4' },
      { row: 'btd-to-4' },
    ],
    claims: [
      ...below('tract-2-phases', 'btd-halvings', 'btd-published'),
      ...below('tract-to-2', 'btd-to-2'),
      ...below('tract-to-4', 'btd-to-4'),
    ],
  },
  edm: {
    title: "TRACT on an EDM teacher, by steps of Heun's method and of DDIM",
    teacher: 'mnist-edm-teacher',
    finding: "TRACT-EDM is close to TRACT; only Heun's steps are reported.",
    entries: [{ row: 'edm-heun-1', paper: 4.17 }, { row: 'edm-ddim-1' }, { row: 'edm-heun-2', paper: 3.75 }, { row: 'edm-ddim-2' }],
    claims: [...below('edm-heun-1', 'edm-ddim-1'), ...below('edm-heun-2', 'edm-ddim-2')],
  },
  cost: {
    title: 'Quality against network calls',
    finding: 'One call of the student is worth many of the teacher.',
    entries: [
      { row: 'tract-2-phases', paper: 5.02 },
      { row: 'tract-to-2', paper: 3.32 },
      { row: 'tract-to-4' },
      { row: 'tract-to-8' },
      { row: 'shortcut' },
      { row: 'split-mean-flow' },
    ],
    claims: below('tract-to-2', 'tract-2-phases'),
    teacherSteps: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  },
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof tables;
export const tableNames = Object.keys(tables) as TableName[];

/** MODEL that a table's rows distil where no other is named. */
export const teacherOf = (table: TableName): string => (tables[table] as Table).teacher ?? 'mnist-teacher';

/** What a row is called in a table. */
export function labelIn(table: TableName, row: RowName): string {
  const { entries }: Table = tables[table];
  return entries.find((entry) => entry.row === row)?.label ?? rows[row].label;
}

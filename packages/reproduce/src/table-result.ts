import type { RowName } from './rows.js';
import type { TableName } from './tables.js';

/** What one training of a row came to. */
export type Outcome = {
  readonly seed: number;
  readonly frechetDistance: number;
  /** Training images, and the seconds that they took. */
  readonly images: number;
  readonly seconds: number;
};

/** The teacher's own distance at some number of steps. */
export type TeacherOutcome = { readonly steps: number; readonly seed: number; readonly frechetDistance: number };

/** Everything that a page about a table is made of; a JSON value. */
export type TableResult = {
  readonly table: TableName;
  /** What the teacher is, in words: its network, and how it was trained. */
  readonly teacher: string;
  readonly seeds: number;
  /** Training images of a row. */
  readonly images: number;
  /** Data set, where it is not that of the preset. */
  readonly data?: string;
  /** Images of each measurement, what they are compared with, and by which features. */
  readonly samples: number;
  readonly reference: string;
  readonly features: string;
  readonly machine: string;
  readonly rows: Readonly<Partial<Record<RowName, readonly Outcome[]>>>;
  readonly teacherOutcomes?: readonly TeacherOutcome[];
};

/** What a result is called among files: its table, with the data set where that is not the preset's. */
export const resultName = ({ table, data }: Pick<TableResult, 'table' | 'data'>): string =>
  data === undefined ? table : `${table}-${data.replaceAll(/[^\w-]+/g, '-')}`;

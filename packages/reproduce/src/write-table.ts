import { join } from 'node:path';
import { writeFileAtomically } from '@tract/train/node';
import { tableChart } from './table-chart.js';
import { tablePage } from './table-page.js';
import { resultName, type TableResult } from './table-result.js';

/** Write a result beside its runs as NAME.json, NAME.md and NAME.svg, by its name. Returns the page. */
export function writeTable(out: string, result: TableResult): string {
  const page = tablePage(result);
  const write = (ending: string, text: string): void => writeFileAtomically(join(out, `${resultName(result)}.${ending}`), text);
  write('json', `${JSON.stringify(result, null, 2)}\n`);
  write('md', page);
  write('svg', tableChart(result));
  return page;
}

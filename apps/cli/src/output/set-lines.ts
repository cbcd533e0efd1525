import type { ImageSet } from '@tract/data';
import { withCommas } from '@tract/report';

/** Most classes that are named. */
const NAMED_CLASSES = 10;

/** Write what was found in a data set, a line each: its classes by number, and files that were left out by kind with an example. */
export const setLines = ({ labels, classNames, leftOut = [] }: Pick<ImageSet, 'labels' | 'classNames' | 'leftOut'>): string[] => [
  ...(classNames ? [namedClasses(classNames)] : labels.length > 0 ? [`classes       ${new Set(labels).size}`] : []),
  ...leftOut.map(({ kind, count, example }) => `left out      ${withCommas(count)} ${kind}, such as ${example}`),
];

function namedClasses(names: readonly string[]): string {
  const named = names.slice(0, NAMED_CLASSES).map((name, number) => `${number} ${name}`);
  return `classes       ${names.length}: ${named.join(', ')}${names.length > NAMED_CLASSES ? ', …' : ''}`;
}

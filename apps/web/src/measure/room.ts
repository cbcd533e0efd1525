import { measureOperation, type OperationCase, type OperationErrors, operationCases } from '@tract/tensor/conformance';
import type { Running } from '../backend.js';
import type { DrawableModel } from '../model/drawable-model.js';
import { breathe } from '../page/breathe.js';
import { button, element, output, progress, say } from '../page/elements.js';
import { oneAtATime } from '../page/one-at-a-time.js';
import { imagesPerSecond } from './speed.js';

/** Wires the room that says what computes here, how fast, and whether it is right. */
export function openMeasureRoom({ details, fast }: Running, student: DrawableModel): void {
  const queue = oneAtATime((error) => say(`That did not work: ${(error as Error).message}`, { failed: true }));
  const rows = [...details, browser].flatMap(([term, value]) => [cell('dt', term), cell('dd', value)]);
  element('device', HTMLDListElement).replaceChildren(...rows);
  button('measure-speed').addEventListener('click', () => queue.start((signal) => measureSpeed(student, fast ? 16 : 1, signal)));
  button('measure-operations').addEventListener('click', () => queue.start(checkOperations));
  button('stop-operations').addEventListener('click', () => queue.stop());
}

const browser = ['Browser', navigator.userAgent.match(/(Firefox|Edg|Chrome|Version)\/[\d.]+/)?.[0] ?? 'unknown'] as const;

function cell(tag: string, text: string, style = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = style;
  return made;
}

async function measureSpeed(student: DrawableModel, images: number, signal: AbortSignal): Promise<void> {
  output('speed').value = 'measuring…';
  const rate = await imagesPerSecond(student, images, signal);
  output('speed').value = rate === undefined ? 'stopped' : `${rate.toPrecision(3)} images per second, ${images} at a time`;
}

/** Run every operation of the conformance suite and fill the table. */
async function checkOperations(signal: AbortSignal): Promise<void> {
  const rows = element('operations', HTMLTableElement).tBodies[0];
  rows.replaceChildren();
  button('stop-operations').disabled = false;
  output('operations-verdict').value = '';
  let [done, wrong] = [0, 0];
  for (const operation of operationCases) {
    const { row, right } = await checkedRow(operation);
    rows.append(row);
    done++;
    if (!right) wrong++;
    progress('operations-progress').value = done / operationCases.length;
    await breathe();
    if (signal.aborted) break;
  }
  button('stop-operations').disabled = true;
  output('operations-verdict').value =
    `${wrong === 0 ? `All ${done} are right` : `${wrong} of ${done} are wrong`}${signal.aborted ? ', then stopped.' : '.'}`;
}

async function checkedRow(operation: OperationCase): Promise<{ row: HTMLTableRowElement; right: boolean }> {
  const row = document.createElement('tr');
  row.append(cell('td', operation.name));
  let errors: OperationErrors;
  try {
    errors = await measureOperation(operation);
  } catch (error) {
    row.append(cell('td', ''), cell('td', ''), cell('td', ''), cell('td', (error as Error).message, 'wrong'));
    return { row, right: false };
  }
  const right = [errors.values, errors.gradient ?? 0].every((error) => error <= operation.tolerance);
  const shown = [errors.values, errors.gradient, operation.tolerance].map((error) => cell('td', error?.toExponential(1) ?? 'none'));
  row.append(...shown, cell('td', right ? 'right' : 'wrong', right ? '' : 'wrong'));
  return { row, right };
}

import { proxy } from 'comlink';
import type { Checked } from '../engine/draw-engine.js';
import type { Station } from '../engine/station.js';
import { copyText } from '../page/copy-text.js';
import { button, element, output, progress, say } from '../page/elements.js';
import { oneAtATime } from '../page/one-at-a-time.js';
import { whenShown } from '../page/tabs.js';
import { inSteps } from '../page/words.js';

/** Wire the room that says what computes, how fast, and whether it is right. */
export function openMeasureRoom(station: Station): void {
  const queue = oneAtATime(station.failed);
  const showDevice = (): void =>
    queue.start(async () => {
      const { details } = await (await station.ready('student')).running;
      const rows = [...details, ['Browser', browser] as const].flatMap(([term, value]) => [cell('dt', term), cell('dd', value)]);
      element('device', HTMLDListElement).replaceChildren(...rows);
    });
  whenShown('measure', showDevice);
  station.onRestart(showDevice);
  button('measure-speed').addEventListener('click', () => queue.start((signal) => measureSpeed(station, signal)));
  button('measure-operations').addEventListener('click', () => queue.start((signal) => checkOperations(station, signal)));
  button('stop-operations').addEventListener('click', () => queue.stop());
  button('copy-row').addEventListener('click', async () => {
    say((await copyText(output('row').value)) ? 'Copied.' : 'This browser does not let a page copy; select the row instead.');
  });
}

const browser = (navigator.userAgent.match(/(Firefox|Edg|Chrome|Version)\/[\d.]+/)?.[0] ?? 'unknown browser').replace('/', ' ');
const system = navigator.userAgent.match(/Windows|Android|iPhone|iPad|Macintosh|CrOS|Linux/)?.[0] ?? 'unknown system';

function cell(tag: string, text: string, style = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = style;
  return made;
}

async function measureSpeed(station: Station, signal: AbortSignal): Promise<void> {
  output('speed').value = 'measuring…';
  const { engine, facts, ...ready } = await station.ready('student');
  const running = await ready.running; // with all its threads
  const images = running.fast ? 16 : 1;
  const rate = await engine.speed(images, signal);
  output('speed').value = rate === undefined ? 'stopped' : `${rate.toPrecision(3)} images per second, ${images} at a time`;
  if (rate === undefined) return;
  const date = new Date().toISOString().slice(0, 10);
  const how = `${inSteps(facts.steps)}, ${images} at a time`;
  output('row').value = `| ${facts.name} | ${how} | ${rate.toPrecision(3)} images/s | ${running.short} | ${browser}, ${system} | ${date} |`;
  button('copy-row').disabled = false;
}

/** Check every operation of the conformance suite and fill the table. */
async function checkOperations(station: Station, signal: AbortSignal): Promise<void> {
  const { engine } = await station.ready('student');
  const rows = element('operations', HTMLTableElement).tBodies[0];
  rows.replaceChildren();
  button('stop-operations').disabled = false;
  output('operations-verdict').value = '';
  let [last, wrong] = [0, 0];
  try {
    await engine.checkOperations(
      signal,
      proxy((checked, done, total) => {
        const { row, right } = checkedRow(checked);
        rows.append(row);
        last = done;
        if (!right) wrong++;
        progress('operations-progress').value = done / total;
      }),
    );
  } finally {
    button('stop-operations').disabled = true;
  }
  output('operations-verdict').value =
    `${wrong === 0 ? `All ${last} are right` : `${wrong} of ${last} are wrong`}${signal.aborted ? ', then stopped.' : '.'}`;
}

function checkedRow({ name, tolerance, errors, problem }: Checked): { row: HTMLTableRowElement; right: boolean } {
  const row = document.createElement('tr');
  row.append(cell('td', name));
  if (errors === undefined) {
    row.append(cell('td', ''), cell('td', ''), cell('td', ''), cell('td', problem ?? '', 'wrong'));
    return { row, right: false };
  }
  const right = [errors.values, errors.gradient ?? 0].every((error) => error <= tolerance);
  const shown = [errors.values, errors.gradient, tolerance].map((error) => cell('td', error?.toExponential(1) ?? 'none'));
  row.append(...shown, cell('td', right ? 'right' : 'wrong', right ? '' : 'wrong'));
  return { row, right };
}

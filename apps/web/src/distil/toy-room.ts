import { proxy } from 'comlink';
import { keepInAddress } from '../page/address.js';
import { button, canvas, input, progress, readOut, select, write } from '../page/elements.js';
import { oneAtATime } from '../page/one-at-a-time.js';
import { whenShown } from '../page/tabs.js';
import { inSteps, inTime } from '../page/words.js';
import type { Bench } from './bench.js';
import { drawPaths } from './draw-paths.js';
import { distance, type Paths } from './path-ends.js';
import type { ShapeName } from './shapes.js';

const seen = 600;
const sides = ['teacher', 'tract', 'btd'] as const;
const stages = { teacher: 'The teacher learns the shape.', tract: 'Two students learn to jump.', btd: 'Two students learn to jump.' };

/** Wire the part of a room where the whole method runs on points in the plane. */
export function openToy(room: string, bench: Bench): void {
  const queue = oneAtATime(bench.failed);
  const clear = (): void => {
    progress('toy-progress').value = 0;
    write('toy-teacher-note', '32 steps');
    for (const who of ['tract', 'btd']) write(`toy-${who}-note`, '1 step');
    write('toy-note', '');
  };
  const shape = (): ShapeName => select('shape').value as ShapeName;
  const showShape = async (): Promise<Float32Array> => {
    const { engine } = await bench.open();
    const points = await engine.shape(shape(), seen);
    for (const who of sides) drawPaths(canvas(`toy-${who}`), points, []);
    return points;
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    button('stop-toy').disabled = false;
    readOut('toy-note', false);
    clear();
    write('toy-note', 'The teacher learns the shape.');
    try {
      const points = await showShape();
      const { engine } = await bench.open();
      const started = performance.now();
      let goal: Paths | undefined;
      await engine.toy(
        shape(),
        input('updates').valueAsNumber,
        signal,
        proxy(({ who, done, steps, paths }) => {
          const whole = who === 'teacher' ? 0.25 * done : 0.25 + 0.75 * done;
          progress('toy-progress').value = whole;
          write('toy-note', `${stages[who]} About ${inTime(((performance.now() - started) * (1 - whole)) / whole)} left.`);
          drawPaths(canvas(`toy-${who}`), points, paths);
          if (who === 'teacher') goal = paths;
          const off = goal === undefined || who === 'teacher' ? '' : `, distance ${distance(paths, goal).toFixed(3)}`;
          write(`toy-${who}-note`, `${inSteps(steps)}${off}`);
        }),
      );
      readOut('toy-note', true);
      write('toy-note', signal.aborted ? 'Stopped.' : 'Done: 32 steps became one.');
    } finally {
      button('stop-toy').disabled = true;
    }
  };
  const changed = (): void =>
    queue.start(async () => {
      clear();
      await showShape();
    });
  keepInAddress(room, ['shape', 'updates'], changed);
  select('shape').addEventListener('change', changed);
  button('stop-toy').addEventListener('click', () => queue.stop());
  button('start-toy').addEventListener('click', () => input('updates').reportValidity() && queue.start(run));
  whenShown(room, changed);
  addEventListener('beforeunload', (event) => {
    if (!button('stop-toy').disabled) event.preventDefault();
  });
}

import { button, canvas, input, progress, say, select, write } from '../page/elements.js';
import { oneAtATime } from '../page/one-at-a-time.js';
import { drawPaths } from './draw-paths.js';
import { distance, type Paths } from './paths.js';
import { shapePoints, shapes } from './shapes.js';
import { teacherSteps, toyRun } from './toy-run.js';

const points = 4096;
const seen = 600;
const stages = { teacher: 'The teacher learns the shape.', tract: 'Two students learn to jump.', btd: 'Two students learn to jump.' };

/** Wires the room where the whole method runs on points in the plane. */
export function openDistilRoom(): void {
  const queue = oneAtATime((error) => {
    say(`That did not work: ${(error as Error).message}`, { failed: true });
    button('stop-distil').disabled = true;
  });
  const data = (): Float32Array => shapePoints(shapes[select('shape').selectedIndex], points, 0);
  const showShape = (): void => {
    for (const who of ['teacher', 'tract', 'btd']) drawPaths(canvas(`toy-${who}`), data().subarray(0, 2 * seen), []);
  };
  select('shape').addEventListener('change', () => {
    queue.stop();
    showShape();
  });
  button('stop-distil').addEventListener('click', () => queue.stop());
  button('start-distil').addEventListener('click', () => {
    if (input('updates').reportValidity()) queue.start((signal) => show(data(), input('updates').valueAsNumber, signal));
  });
  showShape();
}

async function show(data: Float32Array, updates: number, signal: AbortSignal): Promise<void> {
  button('stop-distil').disabled = false;
  const shape = data.subarray(0, 2 * seen);
  for (const who of ['tract', 'btd']) {
    drawPaths(canvas(`toy-${who}`), shape, []);
    write(`toy-${who}-note`, 'waits for the teacher');
  }
  let goal: Paths | undefined;
  let stage = '';
  for await (const { who, done, steps, paths } of toyRun(data, updates, signal)) {
    if (stages[who] !== stage) say(stages[who]);
    stage = stages[who];
    progress('distil-progress').value = (who === 'teacher' ? 0 : 0.4) + (who === 'teacher' ? 0.4 : 0.6) * done;
    drawPaths(canvas(`toy-${who}`), shape, paths);
    if (who === 'teacher') goal = paths;
    const off = goal === undefined || who === 'teacher' ? '' : `, distance ${distance(paths, goal).toFixed(3)}`;
    write(`toy-${who}-note`, `${steps === 1 ? '1 step' : `${steps} steps`}${off}`);
  }
  say(signal.aborted ? 'Stopped.' : `Done: ${teacherSteps} steps became one.`);
  button('stop-distil').disabled = true;
}

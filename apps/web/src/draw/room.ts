import { dispose } from '@tract/tensor';
import type { Running } from '../backend.js';
import type { DrawableModel } from '../model/drawable-model.js';
import { droppedModel } from '../model/dropped-model.js';
import { button, canvas, element, input, output, say, select, write } from '../page/elements.js';
import { oneAtATime } from '../page/one-at-a-time.js';
import { drawImages } from './draw-images.js';
import type { Walk } from './noise-walk.js';
import { paint } from './picture.js';

export type Models = { readonly student: DrawableModel; readonly teacher: DrawableModel };

const inTime = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toPrecision(3)} s`);
const calls = (steps: number): string => (steps === 1 ? '1 step' : `${steps} steps`);

/** Wires the room where student and teacher draw from the same noise. */
export function openDrawRoom({ fast }: Running, { student: shipped, teacher }: Models): void {
  if (!fast) {
    select('images').value = '1';
    select('steps').value = '2';
  }
  const queue = oneAtATime((error) => say(`That did not work: ${(error as Error).message}`, { failed: true }));
  let student = shipped;

  const walk = (): Walk => ({ seed: input('seed').valueAsNumber, share: input('walk').valueAsNumber });
  const draw = async (who: 'student' | 'teacher', model: DrawableModel, steps: number, signal: AbortSignal): Promise<void> => {
    const { imageSize: size, inChannels: channels } = model.stored.network;
    const images = Number(select('images').value);
    const ms = await drawImages(model, {
      ...{ images, walk: walk(), steps, signal },
      show: (values, step) => {
        paint(canvas(`${who}-canvas`), { values, count: images, size, channels });
        if (step < steps) write(`${who}-time`, `step ${step} of ${steps}`);
      },
    });
    write(
      `${who}-time`,
      ms === undefined ? 'stopped' : `${calls(steps)}, ${inTime(ms)} for ${images === 1 ? 'one image' : `${images} images`}`,
    );
  };
  const drawStudent = (): void => queue.start((signal) => draw('student', student, student.steps, signal));
  const drawTeacher = async (signal: AbortSignal): Promise<void> => {
    button('stop').disabled = false;
    await draw('teacher', teacher, Number(select('steps').value), signal);
    button('stop').disabled = true;
  };
  const drawBoth = (): void =>
    queue.start(async (signal) => {
      await draw('student', student, student.steps, signal);
      if (!signal.aborted) await drawTeacher(signal);
    });
  const useStudent = (model: DrawableModel): void => {
    if (student !== shipped) dispose(student.params);
    student = model;
    write('student-name', model === shipped ? 'Student' : model.name);
    button('shipped').disabled = model === shipped;
    drawStudent();
  };
  const take = (files: Iterable<File>): void =>
    queue.start(async () => {
      say('Reading your model…');
      const model = await droppedModel([...files]);
      say(`Drawing with your model ${model.name}.`);
      queueMicrotask(() => useStudent(model));
    });

  input('seed').addEventListener('change', () => {
    if (input('seed').reportValidity() && Number.isInteger(walk().seed)) drawStudent();
  });
  button('new-noise').addEventListener('click', () => {
    input('seed').valueAsNumber = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
    input('walk').valueAsNumber = 0;
    output('walk-value').value = '0 %';
    drawStudent();
  });
  input('walk').addEventListener('input', () => {
    output('walk-value').value = `${Math.round(100 * walk().share)} %`;
    drawStudent();
  });
  button('teach').addEventListener('click', () => queue.start(drawTeacher));
  select('steps').addEventListener('change', () => queue.start(drawTeacher));
  button('stop').addEventListener('click', () => queue.stop());
  button('shipped').addEventListener('click', () => {
    useStudent(shipped);
    say('Drawing with the shipped student.');
  });
  input('files').addEventListener('change', () => take(input('files').files ?? []));
  openDropZone(element('drop', HTMLElement), take);

  select('images').addEventListener('change', drawBoth);
  drawBoth();
}

/** Files that are dropped outside of it must not make the browser leave the page, so the whole page takes them. */
function openDropZone(zone: HTMLElement, take: (files: Iterable<File>) => void): void {
  addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  addEventListener('dragleave', () => zone.classList.remove('over'));
  addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (event.dataTransfer !== null) take(event.dataTransfer.files);
  });
}

import { proxy } from 'comlink';
import type { Side } from '../engine/draw-engine.js';
import type { Drawing } from '../engine/draw-images.js';
import type { Ready, Source, Station } from '../engine/station.js';
import { keepInAddress, writeAddress } from '../page/address.js';
import { button, canvas, input, output, say, select, write } from '../page/elements.js';
import { oneAtATime } from '../page/one-at-a-time.js';
import { pngOf, saveFile } from '../page/save-file.js';
import { inImages, inSteps, inTime } from '../page/words.js';
import { chosenClass, offerClasses } from './class-chooser.js';
import { paint } from './picture.js';
import { stepTimes } from './step-times.js';

/** A teacher that is expected to take no longer draws again by itself when the noise has changed. */
const shortMs = 4000;
const teacherNote = 'The noise, as more and more of it is taken away.';

/**
 * Wire the room where student and teacher draw from the same noise. `go` shows a room.
 * @returns a function that draws with the model in files.
 */
export function openDrawRoom(station: Station, go: (room: string) => void): (files: Iterable<File>) => void {
  const queue = oneAtATime(station.failed);
  const times = stepTimes();
  /** True once the teacher has been asked to draw. */
  let teaching = false;
  let student: Source = { shipped: 'mnist-student' };

  const steps = (): number => 2 ** input('steps').valueAsNumber;
  const images = (): number => Number(select('images').value);
  const walk = (): Drawing['walk'] => ({ seed: input('seed').valueAsNumber, share: input('walk').valueAsNumber });
  const showWalk = (): void => {
    output('walk-value').value = `${Math.round(100 * walk().share)} %`;
  };
  const showSteps = (): void => {
    const known = times.of(images(), steps());
    output('steps-value').value = `${inSteps(steps())}${known ? `, ${known.measured ? '' : 'about '}${inTime(known.ms)}` : ''}`;
  };

  const draw = async (side: Side, { engine, facts }: Ready, count: number, signal: AbortSignal): Promise<void> => {
    const { size, channels } = facts;
    const drawing: Drawing = { images: images(), walk: walk(), steps: count, ...(facts.classes > 1 && { class: chosenClass() }) };
    const pictures = (values: Float32Array) => ({ values, count: drawing.images, size, channels });
    const ms = await engine.draw(
      side,
      drawing,
      signal,
      proxy((xt, step, x0) => {
        paint(canvas(`${side}-canvas`), pictures(xt));
        if (side === 'teacher') paint(canvas('guess-canvas'), pictures(x0));
        if (step < count) write(`${side}-time`, `step ${step} of ${count}`);
      }),
    );
    write(`${side}-time`, ms === undefined ? 'stopped' : `${inSteps(count)}, ${inTime(ms)} for ${inImages(drawing.images)}`);
    if (side !== 'teacher' || ms === undefined) return;
    times.add(drawing.images, count, ms);
    showSteps();
  };

  const drawStudent = async (signal: AbortSignal): Promise<void> => {
    const ready = await station.ready('student');
    offerClasses(ready.facts);
    write('student-name', 'shipped' in student ? 'Student' : ready.facts.name);
    write(
      'student-note',
      ready.facts.steps === 1 ? 'One network call for each image.' : `${inSteps(ready.facts.steps)}, as it was made for.`,
    );
    await draw('student', ready, ready.facts.steps, signal);
  };
  const drawTeacher = async (signal: AbortSignal): Promise<void> => {
    teaching = true;
    button('stop').disabled = false;
    try {
      write('teacher-time', 'warming up…');
      const [ready, { facts }] = [await station.ready('teacher'), await station.ready('student')];
      const alike = ready.facts.size === facts.size && ready.facts.channels === facts.channels;
      write('teacher-note', alike ? teacherNote : 'Its images have another size than those of your model, and so another noise.');
      await draw('teacher', ready, steps(), signal);
    } finally {
      button('stop').disabled = true;
    }
  };
  /** Show the noise at hand on the teacher's side, so that the two sides never begin as different noise. */
  const showNoise = async ({ engine, facts: { size, channels } }: Ready): Promise<void> => {
    const count = images();
    const values = await engine.noise({ images: count, walk: walk() });
    paint(canvas('teacher-canvas'), { values, count, size, channels });
    paint(canvas('guess-canvas'), { values: values.fill(0), count, size, channels }); // before the first step it has none
    write('teacher-time', 'the noise they begin as');
  };
  const drawBoth = (): void =>
    queue.start(async (signal) => {
      await drawStudent(signal);
      if (signal.aborted) return;
      const expected = times.of(images(), steps());
      if (teaching && expected && expected.ms <= shortMs) await drawTeacher(signal);
      else await showNoise(await station.ready('student'));
      showSteps();
    });

  const backToShipped = (): void => {
    student = { shipped: 'mnist-student' };
    station.use('student', student);
    button('shipped').disabled = true;
    say('Drawing with the shipped student.');
    drawBoth();
  };
  const take = (files: Iterable<File>): void => {
    const source: Source = { files: [...files] };
    go('draw');
    say('Reading your model…');
    queue.start(async (signal) => {
      const before = student;
      try {
        station.use('student', source);
        const { facts } = await station.ready('student');
        student = source;
        button('shipped').disabled = false;
        say(`Drawing with your model ${facts.name}.`);
      } catch (error) {
        station.use('student', before);
        throw error;
      }
      await drawStudent(signal);
      await showNoise(await station.ready('student'));
    });
  };

  const walked = (): void => {
    showWalk();
    drawBoth();
  };
  keepInAddress('draw', ['seed', 'images', 'walk', 'steps', 'class'], walked, {
    steps: { write: (value) => `${2 ** Number(value)}`, read: (text) => `${Math.log2(Number(text))}` },
  });
  input('seed').addEventListener('change', () => input('seed').reportValidity() && drawBoth());
  button('new-noise').addEventListener('click', () => {
    input('seed').valueAsNumber = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
    input('walk').valueAsNumber = 0;
    showWalk();
    writeAddress('draw');
    drawBoth();
  });
  input('walk').addEventListener('input', walked);
  for (const id of ['images', 'class']) select(id).addEventListener('change', drawBoth);
  input('steps').addEventListener('input', showSteps);
  input('steps').addEventListener('change', () => queue.start(drawTeacher));
  button('teach').addEventListener('click', () => queue.start(drawTeacher));
  button('stop').addEventListener('click', () => queue.stop());
  button('shipped').addEventListener('click', backToShipped);
  input('files').addEventListener('change', () => take(input('files').files ?? []));
  button('save').addEventListener('click', async () => {
    const which = select('save-what').value;
    saveFile(`${which}-seed-${walk().seed}.png`, await pngOf(canvas(`${which}-canvas`), Number(select('save-size').value)));
  });
  station.onRestart(() => {
    times.clear();
    drawBoth();
  });

  showWalk();
  showSteps();
  drawBoth();
  return take;
}

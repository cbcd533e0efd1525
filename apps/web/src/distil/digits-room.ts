import { proxy } from 'comlink';
import { paint } from '../draw/picture.js';
import type { Kept } from '../engine/distil-engine.js';
import { keepInAddress, writeAddress } from '../page/address.js';
import { copyText } from '../page/copy-text.js';
import { button, canvas, element, progress, readOut, say, select, write } from '../page/elements.js';
import { oneAtATime } from '../page/one-at-a-time.js';
import { saveFile } from '../page/save-file.js';
import { whenShown } from '../page/tabs.js';
import { inSteps, inTime, withCommas } from '../page/words.js';
import type { Bench } from './bench.js';
import { type Curve, drawCurves } from './draw-curves.js';
import type { RunEvent } from './kept-runs.js';
import { fewestPictures, openOwnPictures } from './own-room.js';
import type { Subject } from './recipe.js';

/** Words of what is distilled. */
const words = {
  digits: { start: 'Distil digits', file: 'digits-student' },
  own: { start: 'Distil them', file: 'pictures-student' },
} as const;

const keptWords = ({ images, total }: Kept): string => {
  const far = `${withCommas(images)} of ${withCommas(total)} images`;
  return images >= total ? `Finished: ${far}. It is kept in this browser.` : `Kept in this browser: ${far}.`;
};

/**
 * Wire the part of the Distil room where digits or own pictures are distilled. `useStudent` takes the student to where it draws.
 * @returns a function that adds files to the visitor's own pictures and shows them.
 */
export function openDigits(bench: Bench, useStudent: (file: File) => void): (pictures: readonly File[]) => void {
  const queue = oneAtATime(bench.failed);
  let kept: Kept | undefined;
  /** True until what is kept of the subject has been looked for. */
  let looking = true;
  /** True from the click that starts, so that a pause counts from then on. */
  let running = false;
  const line: Curve = { name: 'your student', points: [] };
  const subject = (): Subject => select('pictures').value as Subject;

  const showButtons = (): void => {
    const finished = kept !== undefined && kept.images >= kept.total;
    const tooFew = subject() === 'own' && kept === undefined && own.count() < fewestPictures;
    button('start-digits').textContent = kept && !finished ? 'Go on' : words[subject()].start;
    button('start-digits').disabled = looking || running || finished || tooFew;
    button('pause-digits').disabled = !running;
    button('discard-digits').disabled = running || kept === undefined;
    select('digit-images').disabled = running || kept !== undefined;
    select('pictures').disabled = running;
    for (const id of ['save-safetensors', 'save-onnx', 'draw-student']) button(id).disabled = running || !kept?.hasStudent;
  };
  /** Show what is kept, once nothing runs. */
  const showKept = async (): Promise<void> => {
    running = false;
    readOut('digit-note', true);
    try {
      kept = await (await bench.open()).engine.kept(subject());
      progress('digit-progress').value = kept ? kept.images / kept.total : 0;
      write('digit-note', kept ? keptWords(kept) : '');
    } finally {
      looking = false;
      own.lock(subject() === 'own' && (running || kept !== undefined));
      showButtons();
    }
  };
  const clear = (): void => {
    line.points.length = 0;
    progress('digit-progress').value = 0;
    for (const id of ['digit-note', 'digit-teacher-note', 'digit-student-note']) write(id, '');
    for (const id of ['digit-teacher', 'digit-student', 'digit-curve']) canvas(id).width += 0; // which empties it
  };
  const showSubject = (then = (): void => {}): void => {
    const isOwn = subject() === 'own';
    element('own', HTMLElement).hidden = !isOwn;
    for (const id of ['digit-distance', 'distance-note']) element(id, HTMLElement).hidden = isOwn;
    looking = true;
    showButtons();
    queue.start(async () => {
      clear();
      await showKept();
      then();
    });
  };

  /** Show what comes of a run whose images are `total` with those before its `first`. */
  const seen = (event: RunEvent, { first, total, who }: { first: number; total: number; who: 'teacher' | 'student' }): void => {
    const images = first + event.images;
    if (event.kind === 'line') {
      const { imagesPerSecond, phase } = event;
      progress('digit-progress').value = images / total;
      if (images >= total) {
        write('digit-note', 'The student draws, is measured and is kept…');
        return;
      }
      const left = inTime((1000 * (total - images)) / imagesPerSecond);
      const what = phase ? `${phase.replace('->', ' → ')} steps` : 'A teacher learns your pictures';
      write(
        'digit-note',
        `${what}; ${withCommas(images)} of ${withCommas(total)} images, ${imagesPerSecond.toPrecision(3)} a second, about ${left} left`,
      );
      return;
    }
    const { steps, values, distance } = event;
    paint(canvas(`digit-${who}`), { values, count: 16, size: 28, channels: 1 });
    const far = distance === undefined ? '' : `, distance ${distance.toFixed(1)}`;
    write(`digit-${who}-note`, `${inSteps(steps)}${far}`);
    if (distance === undefined) return;
    line.points.push([images, distance]);
    drawCurves(canvas('digit-curve'), [line], { x: 'training images', y: 'distance', from: 0, to: total });
  };

  /** Make the teacher ready. @returns false if it was paused. */
  const prepare = async (images: number, signal: AbortSignal): Promise<boolean> => {
    const { engine } = await bench.open();
    if (subject() === 'own') {
      write('digit-note', 'A teacher learns your pictures…');
      return engine.prepareOwn(
        own.bytes(),
        images,
        signal,
        proxy((event) => seen(event, { first: 0, total: 2 * images, who: 'teacher' })),
      );
    }
    write('digit-note', 'The teacher and the digits are on their way…');
    const arrived = (fraction: number): void => {
      progress('digit-progress').value = fraction;
    };
    await engine.prepareDigits(proxy(arrived));
    return true;
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    try {
      const total = kept?.total ?? Number(select('digit-images').value) * (subject() === 'own' ? 2 : 1);
      const images = subject() === 'own' ? total / 2 : total;
      if (!kept) line.points.length = 0;
      if (!(await prepare(images, signal)) || signal.aborted) return;
      const { engine } = await bench.open();
      write('digit-note', 'The teacher draws what is to be reached, in 64 steps…');
      paint(canvas('digit-teacher'), { values: await engine.teacherImages(), count: 16, size: 28, channels: 1 });
      write('digit-teacher-note', '64 steps');
      await engine.distil(
        subject(),
        images,
        signal,
        proxy((event) => seen(event, { first: total - images, total, who: 'student' })),
      );
    } finally {
      await showKept();
    }
  };
  const student = async (): Promise<Blob> => new Blob([(await (await bench.open()).engine.student(subject())) as Uint8Array<ArrayBuffer>]);
  const own = openOwnPictures(bench.failed, showButtons);

  keepInAddress('distil', ['pictures', 'digit-images'], () => showSubject());
  select('pictures').addEventListener('change', () => showSubject());
  button('start-digits').addEventListener('click', () => {
    running = true;
    readOut('digit-note', false);
    own.lock(subject() === 'own');
    showButtons();
    queue.start(run);
  });
  button('pause-digits').addEventListener('click', () => {
    button('pause-digits').disabled = true;
    write('digit-note', 'Keeping what has been done…');
    queue.start(showKept); // in the place of a run that has not begun
  });
  button('discard-digits').addEventListener('click', () =>
    queue.start(async () => {
      await (await bench.open()).engine.discard(subject());
      clear();
      await showKept();
    }),
  );
  button('save-safetensors').addEventListener('click', () =>
    queue.start(async () => saveFile(`${words[subject()].file}.safetensors`, await student())),
  );
  button('save-onnx').addEventListener('click', () =>
    queue.start(async () => {
      const bytes = await (await bench.open()).engine.onnx(subject());
      saveFile(`${words[subject()].file}.onnx`, new Blob([bytes as Uint8Array<ArrayBuffer>]));
    }),
  );
  button('draw-student').addEventListener('click', () =>
    queue.start(async () => useStudent(new File([await student()], 'distilled here.safetensors'))),
  );
  button('copy-link').addEventListener('click', async () => {
    say((await copyText(location.href)) ? 'The link is copied.' : 'This browser does not let a page copy; take the link from the address.');
  });
  addEventListener('beforeunload', (event) => {
    if (running) event.preventDefault();
  });
  whenShown('distil', () => showSubject());
  return (pictures) => {
    if (running) {
      say('A distillation is going on; pause it before you add pictures.', { failed: true });
      return;
    }
    select('pictures').value = 'own';
    writeAddress('distil');
    showSubject(() => own.add(pictures)); // once it is known if a run needs those that are there
  };
}

import { paint } from '../draw/picture.js';
import { button, canvas, input, write } from '../page/elements.js';
import { withCommas } from '../page/words.js';
import { keepPictures, keptPictures, pictureBytes, pictureOf, pictureSize } from './own-pictures.js';
import { openPad } from './pad.js';

/** Fewer than these are not distilled. */
export const fewestPictures = 10;
const enoughPictures = 100;
/** Pictures that are shown, the last ones. */
const shownPictures = 36;

/** The visitor's pictures. */
export type OwnPictures = {
  /** Return their bytes [count,28,28,1]. */
  readonly bytes: () => Uint8Array<ArrayBuffer>;
  readonly count: () => number;
  readonly add: (files: Iterable<File>) => void;
  /** Let nothing be added or forgotten, as while a run needs them. */
  readonly lock: (isLocked: boolean) => void;
};

/** Wire what gathers the visitor's pictures: files, and a pad. `failed` receives errors, `changed` is called when their number has changed. */
export function openOwnPictures(failed: (error: unknown) => void, changed: () => void): OwnPictures {
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  let locked = false;
  const count = (): number => bytes.length / pictureBytes;

  const showNote = (): void => {
    const pictures = `${withCommas(count())} picture${count() === 1 ? '' : 's'}`;
    const lacking = count() < fewestPictures ? `; it takes ${fewestPictures}, better ${enoughPictures}` : '';
    write(
      'own-note',
      locked ? `${pictures}, which stay as they are until you discard what is distilled from them.` : `${pictures}${lacking}.`,
    );
  };
  const show = (): void => {
    const shown = Math.min(shownPictures, count());
    const last = bytes.subarray(bytes.length - shown * pictureBytes);
    const values = Float32Array.from(last, (byte) => byte / 127.5 - 1);
    canvas('own-pictures').hidden = shown === 0;
    if (shown > 0) paint(canvas('own-pictures'), { values, count: shown, size: pictureSize, channels: 1 });
    showNote();
    button('forget-own').disabled = locked || count() === 0;
    changed();
  };
  // One after the other, so that none is lost.
  let work = Promise.resolve();
  const next = (task: () => Promise<void>): void => {
    work = work.then(task).catch(failed).then(show);
  };
  const put = async (pictures: Uint8Array<ArrayBuffer>): Promise<void> => {
    await keepPictures(pictures);
    bytes = pictures;
  };
  const joined = (more: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> =>
    new Blob([bytes, ...more]).arrayBuffer().then((buffer) => new Uint8Array(buffer));

  const add = (files: Iterable<File>): void =>
    next(async () => {
      if (locked) throw new Error('a run is kept that needs the pictures as they are; discard it to change them');
      const read: Uint8Array<ArrayBuffer>[] = [];
      let problem: unknown;
      for (const file of files) {
        try {
          read.push(await pictureOf(file));
        } catch (error) {
          problem ??= error;
        }
      }
      await put(await joined(read));
      if (problem) throw problem;
    });

  const pad = openPad(canvas('pad'), () => {
    button('add-drawing').disabled = locked;
  });
  const clearPad = (): void => {
    pad.clear();
    button('add-drawing').disabled = true;
  };
  button('clear-pad').addEventListener('click', clearPad);
  button('add-drawing').addEventListener('click', () => {
    const picture = pad.picture();
    clearPad();
    if (picture) next(async () => put(await joined([picture])));
  });
  button('forget-own').addEventListener('click', () => next(() => put(new Uint8Array())));
  input('own-files').addEventListener('change', () => {
    add([...(input('own-files').files ?? [])]);
    input('own-files').value = ''; // so that the same files can be chosen again
  });
  next(async () => {
    bytes = await keptPictures();
  });
  return {
    bytes: () => bytes,
    count,
    add,
    lock: (isLocked) => {
      locked = isLocked;
      showNote();
      input('own-files').disabled = locked;
      button('forget-own').disabled = locked || count() === 0;
      button('add-drawing').disabled = locked || pad.picture() === undefined;
    },
  };
}

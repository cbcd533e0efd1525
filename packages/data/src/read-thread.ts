import { parentPort, workerData } from 'node:worker_threads';
import { type ReadFailure, type ReadItem, readImages } from './read-images.js';
import { type ImageForm, imageReader } from './stored-images.js';

/** Start of a reading thread: the form of the images, and the memory that they go to. */
export type ReadThreadData = { readonly form: ImageForm; readonly memory: Uint8Array };

/** Messages of a reading thread: that it has started, then the result of each job. */
export type ReadThreadMessage = 'started' | { readonly job: number; readonly failures: readonly ReadFailure[] };

const { form, memory } = workerData as ReadThreadData;
const read = imageReader(form);
const say = (message: ReadThreadMessage): void => parentPort!.postMessage(message);

// All that this thread imports is loaded: it may be ended from now on.
say('started');
parentPort!.on('message', ({ job, items }: { job: number; items: readonly ReadItem[] }) => {
  say({ job, failures: readImages(read, items, memory) });
});

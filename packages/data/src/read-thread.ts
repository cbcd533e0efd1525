import { parentPort, workerData } from 'node:worker_threads';
import { type ReadItem, readImages } from './read-images.js';
import { type ImageForm, imageReader } from './stored-images.js';

/** What a reading thread begins with: what the images are, and the memory that they go to. */
export type ReadThreadData = { readonly form: ImageForm; readonly memory: Uint8Array };

const { form, memory } = workerData as ReadThreadData;
const read = imageReader(form);

parentPort!.on('message', ({ job, items }: { job: number; items: readonly ReadItem[] }) => {
  parentPort!.postMessage({ job, failures: readImages(read, items, memory) });
});

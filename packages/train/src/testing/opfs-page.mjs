import '@tensorflow/tfjs-backend-cpu';
import { useBackend } from '@tract/tensor';
import { memoryFiles, opfsFiles, runStore } from '@tract/train';
import { trainTeacher } from '../../examples/tiny-run.mjs';

const paths = ['checkpoints/step-12/state.safetensors', 'model/model.safetensors', 'model/config.json'];
const bytesOf = (store) => Promise.all(paths.map(async (path) => String(await store.files.read(path))));

/** Train in a page's private file system, stopped on the way and with a folder half replaced. @returns what a test compares. */
async function run() {
  await useBackend('cpu');
  const whole = runStore(memoryFiles());
  await trainTeacher(whole);
  const root = await navigator.storage.getDirectory();
  const open = async () => runStore(opfsFiles(await root.getDirectoryHandle('tiny', { create: true })));
  const stop = new AbortController();
  const onProgress = ({ step }) => step === 6 && stop.abort('the page');
  const kinds = [];
  await trainTeacher(await open(), { signal: stop.signal, lineEvery: 1, onProgress }).catch(({ kind }) => kinds.push(kind));
  // As a page leaves it that is closed while the copy of a finished folder is made.
  const store = await open();
  await store.files.write('model.tmp/config.json', '{}');
  await store.files.write('model.ready', '');
  // A page that has the run keeps another one out.
  await store.files.lock();
  await trainTeacher(await open()).catch(({ kind }) => kinds.push(kind));
  await store.files.unlock();
  await trainTeacher(await open());
  const [expected, found] = [await bytesOf(whole), await bytesOf(store)];
  return { kinds, same: expected.map((bytes, i) => bytes === found[i]), names: [...(await store.files.list(''))].sort() };
}

globalThis.result = run();

import { lazyArray, type NamedArray } from '@tract/checkpoint';
import * as tensors from '@tract/tensor';
import { leaves, type Tensor, type Tree } from '@tract/tensor';
import type { RunFiles } from './run-files.js';

/** Arrays of a state under the paths of its leaves, and a function that removes what had to be put somewhere for them. */
export type StateArrays = { readonly arrays: ReadonlyMap<string, NamedArray>; readonly free: () => Promise<void> };

/** Ways to a tensor's values. Default: those of the active backend; tests put others in their place. */
type Readers = Pick<typeof tensors, 'read' | 'readerNow'>;

/** Name of the file that a state comes into on its way from a device; a crash leaves it to be cleared as all of that ending. */
const spoolName = 'state.tmp';

/**
 * Make the tensors of a tree readable for a commit, which goes through them one by one, several times: each is read when its data is asked for. Where the
 * backend's memory is not the processor's they are first brought into a file of the run, one at a time; a store that keeps no such file gets all of them in memory.
 * @throws WriteError when there is no room for that file
 */
export async function stateArrays(
  tree: Tree<Tensor>,
  files: Pick<RunFiles, 'spool' | 'remove'>,
  { readerNow, read }: Readers = { readerNow: tensors.readerNow, read: tensors.read },
): Promise<StateArrays> {
  const all = [...leaves<Tensor>(tree)];
  if (all.every(([, leaf]) => readerNow(leaf)))
    return { arrays: new Map(all.map(([path, leaf]) => [path, lazyArray('F32', leaf.shape, readerNow(leaf)!)])), free: async () => {} };
  const size = all.reduce((sum, [, leaf]) => sum + 4 * leaf.size, 0);
  const spooled = await files.spool?.(spoolName, size, bytesOf(all, read));
  if (!spooled) {
    const arrays = new Map<string, NamedArray>();
    for (const [path, leaf] of all) arrays.set(path, { dtype: 'F32', shape: leaf.shape, data: await read(leaf) });
    return { arrays, free: async () => {} };
  }
  let end = 0;
  const arrays = all.map(([path, leaf]): [string, NamedArray] => {
    const [begin, bytes] = [end, 4 * leaf.size];
    end += bytes;
    return [path, lazyArray('F32', leaf.shape, () => floatsOf(spooled.read(begin, begin + bytes)))];
  });
  return { arrays: new Map(arrays), free: () => files.remove(spoolName) };
}

const floatsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array => new Float32Array(buffer, byteOffset, byteLength / 4);

async function* bytesOf(all: readonly (readonly [string, Tensor])[], read: Readers['read']): AsyncGenerator<Uint8Array> {
  for (const [, leaf] of all) yield new Uint8Array((await read(leaf)).buffer);
}

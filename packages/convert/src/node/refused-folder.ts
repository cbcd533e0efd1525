import { readdirSync } from 'node:fs';
import { badCheckpoint } from '../convert-error.js';

/** Folders of other programs by a file in them, and the way that the program itself has out of them. */
const kinds: readonly { readonly is: (name: string) => boolean; readonly what: string; readonly remedy: string }[] = [
  {
    is: (name) => name.endsWith('.distcp'),
    what: 'a checkpoint of torch.distributed.checkpoint, whose tensors are cut over several archives',
    remedy: 'python -m torch.distributed.checkpoint.format_utils dcp_to_torch DIR weights.pt',
  },
  {
    is: (name) => /^(manifest\.ocdbt|_CHECKPOINT_METADATA|_METADATA|ocdbt\.process_\d+)$/.test(name),
    what: 'a checkpoint of Orbax, whose tensors lie in a database of TensorStore',
    remedy: "flax.serialization.msgpack_serialize(orbax.checkpoint.PyTreeCheckpointer().restore('DIR')) in Python, written to a file",
  },
];

/** Refuse a folder that is known for what it is and is not read. @throws ConvertError that names the way */
export function refuseFolder(path: string): void {
  const names = readdirSync(path);
  const kind = kinds.find(({ is }) => names.some(is));
  if (kind) throw badCheckpoint(`${path} is ${kind.what}, which is not read; convert it first: ${kind.remedy.replace('DIR', path)}`);
}

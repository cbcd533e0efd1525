import { writeZip } from '../zip-write.js';
import { little, raw } from './raw-bytes.js';

/** A torch file with this pickle, given as text of its opcodes, and this data by key. Its checksums are right, whatever it holds. */
export const torchFile = (pickle: string | Uint8Array, data: Readonly<Record<string, Uint8Array>> = {}): Uint8Array =>
  writeZip([
    ['archive/data.pkl', typeof pickle === 'string' ? raw(pickle) : pickle],
    ...Object.entries(data).map(([key, bytes]) => [`archive/data/${key}`, bytes] as const),
  ]);

const text = (value: string): string => `X${little(value.length, 4)}${value}`;
const integer = (value: number): string => `J${little(value, 4)}`;
const tuple = (values: readonly number[]): string => `(${values.map(integer).join('')}t`;

type View = {
  readonly key?: string;
  readonly storage?: string;
  readonly count?: number;
  readonly offset?: number;
  readonly size?: readonly number[];
  readonly stride?: readonly number[];
};

/** The opcodes of one tensor of float32, with any of its numbers wrong. */
export function tensorOpcodes({ key = '0', storage = 'FloatStorage', count = 4, offset = 0, size = [4], stride = [1] }: View = {}): string {
  const reference = `(${text('storage')}ctorch\n${storage}\n${text(key)}${text('cpu')}${integer(count)}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${reference}${integer(offset)}${tuple(size)}${tuple(stride)}\x89}tR`;
}

/** The opcodes of a dict of these values. */
export const dictOpcodes = (entries: readonly (readonly [name: string, value: string])[]): string =>
  `\x80\x02}(${entries.map(([name, value]) => text(name) + value).join('')}u.`;

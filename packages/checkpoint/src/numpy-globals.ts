import { wholeNumber } from './byte-cursor.js';
import { PickleCallable, type PickleContext, type PickleGlobals, PickleObject, PickleTuple, type PickleValue } from './pickle-values.js';
import { cost } from './read-budget.js';

const readers = new Map<string, (view: DataView) => number | bigint | boolean>([
  ['f8', (view) => view.getFloat64(0, true)],
  ['f4', (view) => view.getFloat32(0, true)],
  ['i8', (view) => wholeNumber(view.getBigInt64(0, true))],
  ['i4', (view) => view.getInt32(0, true)],
  ['i2', (view) => view.getInt16(0, true)],
  ['i1', (view) => view.getInt8(0)],
  ['u8', (view) => wholeNumber(view.getBigUint64(0, true))],
  ['u4', (view) => view.getUint32(0, true)],
  ['u2', (view) => view.getUint16(0, true)],
  ['u1', (view) => view.getUint8(0)],
  ['b1', (view) => view.getUint8(0) !== 0],
]);

/** NumPy's description of one number; its state says the byte order. */
export class NumpyDtype extends PickleObject {
  readonly label = 'numpy.dtype';
  isBigEndian = false;

  constructor(readonly code: string) {
    super();
  }

  override build(state: PickleValue): void {
    const order = state instanceof PickleTuple ? state.items[1] : undefined;
    this.isBigEndian = order !== '<' && order !== '|';
  }
}

/** Make the description of a number. @throws CheckpointError for any other type. */
export function makeDtype([code]: readonly PickleValue[], { fail }: PickleContext): PickleValue {
  if (typeof code !== 'string' || !readers.has(code)) throw fail('unsupported', `a number of NumPy that is none of ${[...readers.keys()]}`);
  return new NumpyDtype(code);
}

/** A number that NumPy made, for example np.sqrt(0.5), as a plain number. */
function makeScalar([dtype, bytes]: readonly PickleValue[], { fail }: PickleContext): PickleValue {
  if (!(dtype instanceof NumpyDtype) || !(bytes instanceof Uint8Array))
    throw fail('invalid-content', 'a number of NumPy is a dtype and bytes');
  if (dtype.isBigEndian) throw fail('unsupported', 'a number of NumPy that is not little-endian');
  if (bytes.length !== Number(dtype.code[1])) throw fail('size-mismatch', `a number of type ${dtype.code} in ${bytes.length} bytes`);
  return readers.get(dtype.code)!(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** Protocols below 3 have no bytes: Python writes them as text of code points below 256 and asks for their encoding. */
function encodeLatin1([text, encoding]: readonly PickleValue[], { fail, budget }: PickleContext): PickleValue {
  if (typeof text !== 'string' || encoding !== 'latin1') throw fail('invalid-content', 'only bytes written as latin1 text are read');
  budget.spend(cost.view + text.length, fail);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    bytes[i] = text.charCodeAt(i);
    if (bytes[i] !== text.charCodeAt(i)) throw fail('invalid-content', 'a text that is not latin1');
  }
  return bytes;
}

const scalar = new PickleCallable('numpy.scalar', 'function', makeScalar);

/** Single numbers of NumPy, under the module names of its old and new versions. */
export const numpyGlobals: PickleGlobals = new Map<string, PickleValue>([
  ['numpy dtype', new PickleCallable('numpy.dtype', 'class', makeDtype)],
  ['numpy.core.multiarray scalar', scalar],
  ['numpy._core.multiarray scalar', scalar],
  ['_codecs encode', new PickleCallable('_codecs.encode', 'function', encodeLatin1)],
]);

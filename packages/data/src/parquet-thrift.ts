/** Types of the compact protocol of Thrift, as parquet's footer and page headers are written. */
const type = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 } as const;
const MAX_DEPTH = 16;

/**
 * Walk a structure of Thrift and check that its lists are no longer than the bytes that are left, and that it does not nest too deep: its decoder
 * makes room for what a list promises before it reads it.
 * @returns the byte after it.
 * @throws RangeError for bytes that are no such structure, or that end before it does.
 */
export function checkThrift(view: DataView, begin = 0): number {
  let at = begin;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 63) throw new RangeError('a number of more than 64 bits');
    }
  };
  const skip = (length: number): void => {
    if (length > view.byteLength - at) throw new RangeError(`${length} bytes are promised, ${view.byteLength - at} are left`);
    at += length;
  };
  const element = (kind: number, depth: number): void => {
    if (kind === type.byte) skip(1);
    else if (kind >= type.i16 && kind <= type.i64) varint();
    else if (kind === type.double) skip(8);
    else if (kind === type.binary) skip(varint());
    else if (kind === type.struct) struct(depth + 1);
    else if (kind === type.list) list(depth + 1);
    else if (kind !== type.true && kind !== type.false) throw new RangeError(`a value of type ${kind}`);
  };
  const list = (depth: number): void => {
    const head = view.getUint8(at++);
    const count = head >> 4 === 15 ? varint() : head >> 4;
    if (count > view.byteLength - at) throw new RangeError(`a list of ${count} entries in ${view.byteLength - at} bytes`);
    const kind = head & 15;
    // In a list, unlike in a field, a flag takes a byte.
    for (let i = 0; i < count; i++) element(kind === type.true || kind === type.false ? type.byte : kind, depth);
  };
  const struct = (depth: number): void => {
    if (depth > MAX_DEPTH) throw new RangeError('nests too deep');
    for (let head = view.getUint8(at++); head !== type.stop; head = view.getUint8(at++)) {
      if (head >> 4 === 0) varint();
      element(head & 15, depth);
    }
  };
  struct(0);
  return at;
}

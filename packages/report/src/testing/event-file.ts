/** A decoder of TensorBoard's event files, written apart from the writer: wire format in, values by field number out. */
export type Message = ReadonlyMap<number, readonly (number | Buffer)[]>;

/** The fields of a protocol buffer's message, each with its values in order. */
export function decodeMessage(bytes: Buffer): Message {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const read = [varint, () => take(8).readDoubleLE(), () => take(varint()), undefined, undefined, () => take(4).readFloatLE()][key & 7];
    if (!read || at > bytes.length) throw new Error(`wire type ${key & 7} at byte ${at}`);
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), read()]);
  }
  return fields;
}

/** CRC-32C by polynomial division, bit by bit. */
function slowCrc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (crc ^ (byte >>> bit)) & 1;
      crc = (crc >>> 1) ^ (carry ? 0x82f63b78 : 0);
    }
  }
  return ~crc >>> 0;
}

const unmasked = (masked: number): number => {
  const turned = (masked - 0xa282ead8) >>> 0;
  return ((turned << 15) | (turned >>> 17)) >>> 0;
};

/** The records of an event file. @throws Error when a checksum is not that of its bytes, or the file ends within a record. */
export function readRecords(file: Buffer): Message[] {
  const records: Message[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.subarray(at, at + 8);
    const end = at + 12 + Number(length.readBigUInt64LE());
    const bytes = file.subarray(at + 12, end);
    if (unmasked(file.readUInt32LE(at + 8)) !== slowCrc32c(length)) throw new Error(`checksum of the length at ${at}`);
    if (unmasked(file.readUInt32LE(end)) !== slowCrc32c(bytes)) throw new Error(`checksum of the record at ${at}`);
    records.push(decodeMessage(bytes));
    at = end + 4;
  }
  return records;
}

/** A value of an event's summary: its tag, the scalar if it is one, and the rest by field number. */
export type Value = { readonly step: number; readonly tag: string; readonly scalar?: number; readonly fields: Message };

/** List all values of all summaries, in order. */
export const valuesOf = (records: readonly Message[]): Value[] =>
  records.flatMap((record) =>
    (record.get(5) ?? []).flatMap((summary) =>
      (decodeMessage(summary as Buffer).get(1) ?? []).map((value) => {
        const fields = decodeMessage(value as Buffer);
        const scalar = fields.get(2)?.[0] as number | undefined;
        return { step: record.get(2)![0] as number, tag: String(fields.get(1)![0]), ...(scalar !== undefined && { scalar }), fields };
      }),
    ),
  );

import { maskedCrc32c } from './crc32c.js';
import { bytesField, doubleField, type Field, floatField, intField, messageField } from './protobuf.js';

/** When and after which update something was seen; `time` in milliseconds since 1970. */
export type Moment = { readonly time: number; readonly step: number };

/** A PNG with its size in pixels; 1 channel is grey, 3 are colours. */
export type Picture = { readonly png: Uint8Array; readonly width: number; readonly height: number; readonly channels: number };

/** The first record of an event file. */
export const fileStart = (time: number): Buffer => event({ time, step: 0 }, bytesField(3, 'brain.Event:2'));

/** Says that a writer begins at `step`: TensorBoard forgets what it has read of this and later steps. */
export const sessionStart = (moment: Moment): Buffer => event(moment, messageField(7, intField(1, 1)));

/** Numbers by name, as one event. */
export const scalarEvent = (moment: Moment, scalars: Readonly<Record<string, number>>): Buffer =>
  event(moment, summary(...Object.entries(scalars).map(([tag, value]) => [bytesField(1, tag), floatField(2, value)])));

export const imageEvent = (moment: Moment, tag: string, { png, width, height, channels }: Picture): Buffer =>
  event(
    moment,
    summary([bytesField(1, tag), messageField(4, intField(1, height), intField(2, width), intField(3, channels), bytesField(4, png))]),
  );

const stringType = 7;

/** A text, which TensorBoard reads as Markdown. */
export const textEvent = (moment: Moment, tag: string, text: string): Buffer =>
  event(
    moment,
    summary([
      bytesField(1, tag),
      // A tensor of one string, for the plugin named text.
      messageField(8, intField(1, stringType), messageField(2, messageField(2, intField(1, 1))), bytesField(8, text)),
      messageField(9, messageField(1, bytesField(1, 'text'))),
    ]),
  );

/** Values of an event, each the fields of one. */
const summary = (...values: readonly (readonly Field[])[]): Field => messageField(5, ...values.map((fields) => messageField(1, ...fields)));

const event = ({ time, step }: Moment, content: Field): Buffer =>
  record(Buffer.concat([doubleField(1, time / 1000), intField(2, step), content]));

/** TFRecord's frame: length, its checksum, the bytes, their checksum; all little endian. */
function record(bytes: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, checksum(length), bytes, checksum(bytes)]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(maskedCrc32c(bytes));
  return sum;
}

import { protobuf } from '@tract/checkpoint';
import { maskedCrc32c } from './crc32c.js';

const { bytesField, doubleField, floatField, intField, join, littleEndian, messageField } = protobuf;

/** Time and update of an event; `time` in milliseconds since 1970, `step` = updates done. */
export type Moment = { readonly time: number; readonly step: number };

/** A PNG with its size in pixels; 1 channel is grey, 3 are RGB. */
export type Picture = { readonly png: Uint8Array; readonly width: number; readonly height: number; readonly channels: number };

/** Name an event file so that TensorBoard finds it. `time` in milliseconds since 1970. */
export const eventFileName = (time: number): string => `${eventFilePrefix}${Math.floor(time / 1000)}.tract`;

/** True for the name of an event file, whoever wrote it. */
export const isEventFileName = (name: string): boolean => name.startsWith(eventFilePrefix);

const eventFilePrefix = 'events.out.tfevents.';

/** Encode the first record of an event file. */
export const fileStart = (time: number): Uint8Array => event({ time, step: 0 }, bytesField(3, 'brain.Event:2'));

/** Encode the start of a session at `step`: TensorBoard then discards what it has read of this and later steps. */
export const sessionStart = (moment: Moment): Uint8Array => event(moment, messageField(7, intField(1, 1)));

/** Encode scalars by tag as one event. */
export const scalarEvent = (moment: Moment, scalars: Readonly<Record<string, number>>): Uint8Array =>
  event(moment, summary(...Object.entries(scalars).map(([tag, value]) => [bytesField(1, tag), floatField(2, value)])));

/** Encode an image under `tag`. */
export const imageEvent = (moment: Moment, tag: string, { png, width, height, channels }: Picture): Uint8Array =>
  event(
    moment,
    summary([bytesField(1, tag), messageField(4, intField(1, height), intField(2, width), intField(3, channels), bytesField(4, png))]),
  );

/** DT_STRING of TensorFlow's types.proto. */
const stringType = 7;

/** Encode a text under `tag`; TensorBoard renders it as Markdown. */
export const textEvent = (moment: Moment, tag: string, text: string): Uint8Array =>
  event(
    moment,
    summary([
      bytesField(1, tag),
      // A tensor of one string, for the plugin named text.
      messageField(8, intField(1, stringType), messageField(2, messageField(2, intField(1, 1))), bytesField(8, text)),
      messageField(9, messageField(1, bytesField(1, 'text'))),
    ]),
  );

/** Settings of a run, or measures, as TensorBoard's table of runs shows them. */
export type HParams = Readonly<Record<string, number | string | boolean>>;

/**
 * Encode the settings of a run for TensorBoard's plugin hparams: what there is to compare among runs, and this run's values.
 * @param metrics tags of the scalars that are compared.
 */
export const hparamsEvents = (moment: Moment, hparams: HParams, metrics: readonly string[]): Uint8Array => {
  const infos = Object.entries(hparams).map(([name, value]) =>
    messageField(4, bytesField(1, name), intField(4, hparamTypes[typeof value as keyof typeof hparamTypes])),
  );
  const measures = metrics.map((tag) => messageField(5, messageField(1, bytesField(2, tag))));
  const values = Object.entries(hparams).map(([name, value]) => messageField(1, bytesField(1, name), messageField(2, protoValue(value))));
  const plugin = (tag: string, content: Uint8Array): Uint8Array =>
    event(moment, summary([bytesField(1, tag), messageField(9, messageField(1, bytesField(1, 'hparams'), messageField(2, content)))]));
  return join([
    plugin('_hparams_/experiment', messageField(2, ...infos, ...measures)),
    plugin('_hparams_/session_start_info', messageField(3, ...values, doubleField(5, moment.time / 1000))),
  ]);
};

/** DataType of the plugin's api.proto. */
const hparamTypes = { string: 1, boolean: 2, number: 3 } as const;

/** A value of google/protobuf/struct.proto. */
const protoValue = (value: number | string | boolean): Uint8Array =>
  typeof value === 'number' ? doubleField(2, value) : typeof value === 'string' ? bytesField(3, value) : intField(4, value ? 1 : 0);

/** Encode the Summary of an event: one list of fields for each of its values. */
const summary = (...values: readonly (readonly Uint8Array[])[]): Uint8Array =>
  messageField(5, ...values.map((fields) => messageField(1, ...fields)));

const event = ({ time, step }: Moment, content: Uint8Array): Uint8Array =>
  record(join([doubleField(1, time / 1000), intField(2, step), content]));

/** Frame bytes as a TFRecord: length, its checksum, the bytes, their checksum; all little endian. */
function record(bytes: Uint8Array): Uint8Array {
  const length = littleEndian(8, (view) => view.setBigUint64(0, BigInt(bytes.length), true));
  return join([length, checksum(length), bytes, checksum(bytes)]);
}

const checksum = (bytes: Uint8Array): Uint8Array => littleEndian(4, (view) => view.setUint32(0, maskedCrc32c(bytes), true));

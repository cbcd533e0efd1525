import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.js';
import { fileStart, hparamsEvents, imageEvent, scalarEvent, sessionStart, textEvent } from './tensorboard-events.js';
import { decodeMessage, readRecords, valuesOf } from './testing/event-file.js';

test("CRC-32C gives RFC 3720's values", () => {
  const bytes = (byte: (i: number) => number) => Uint8Array.from({ length: 32 }, (_, i) => byte(i));
  expect(crc32c(bytes(() => 0))).toBe(0x8a9136aa);
  expect(crc32c(bytes(() => 255))).toBe(0x62a8ab43);
  expect(crc32c(bytes((i) => i))).toBe(0x46dd794e);
  expect(crc32c(bytes((i) => 31 - i))).toBe(0x113fdb5c);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

const time = 1_700_000_000_250;
const png = encode({ width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 50, 100, 150, 200, 250) });
const file = Buffer.concat([
  fileStart(time),
  sessionStart({ time, step: 0 }),
  textEvent({ time, step: 0 }, 'config', '    {"é": 1}'),
  scalarEvent({ time, step: 20 }, { loss: 0.5, learningRate: 1e-4 }),
  imageEvent({ time, step: 20 }, 'samples', { png, width: 3, height: 2, channels: 1 }),
]);

test('a decoder that knows the wire format alone reads back what was written', () => {
  const records = readRecords(file);
  expect(records.map((record) => record.get(1))).toEqual(Array(5).fill([1_700_000_000.25]));
  expect(String(records[0].get(3)![0])).toBe('brain.Event:2');
  expect(decodeMessage(records[1].get(7)![0] as Buffer)).toEqual(new Map([[1, [1]]]));
  const [config, loss, rate, samples] = valuesOf(records);
  const tensor = decodeMessage(config.fields.get(8)![0] as Buffer);
  expect([config.tag, tensor.get(1), String(tensor.get(8)![0])]).toEqual(['config', [7], '    {"é": 1}']);
  expect([loss.step, loss.tag, loss.scalar]).toEqual([20, 'loss', 0.5]);
  expect([rate.tag, rate.scalar]).toEqual(['learningRate', Math.fround(1e-4)]);
  const image = decodeMessage(samples.fields.get(4)![0] as Buffer);
  expect([image.get(1), image.get(2), image.get(3), (image.get(4)![0] as Buffer).equals(png)]).toEqual([[2], [3], [1], true]);
});

const hparams = { learningRate: 1e-4, method: 'tract', flip: true };

test("settings are those of TensorBoard's plugin hparams: what there is to compare, and the values of the run", () => {
  const [experiment, session] = valuesOf(readRecords(Buffer.from(hparamsEvents({ time, step: 0 }, hparams, ['loss']))));
  expect([experiment.tag, session.tag]).toEqual(['_hparams_/experiment', '_hparams_/session_start_info']);
  const pluginOf = ({ fields }: typeof experiment) => {
    const plugin = decodeMessage(decodeMessage(fields.get(9)![0] as Buffer).get(1)![0] as Buffer);
    expect(String(plugin.get(1)![0])).toBe('hparams');
    return decodeMessage(plugin.get(2)![0] as Buffer);
  };
  const about = decodeMessage(pluginOf(experiment).get(2)![0] as Buffer);
  const infos = about.get(4)!.map((info) => decodeMessage(info as Buffer));
  expect(infos.map((info) => [String(info.get(1)![0]), info.get(4)![0]])).toEqual([
    ['learningRate', 3],
    ['method', 1],
    ['flip', 2],
  ]);
  expect(String(decodeMessage(decodeMessage(about.get(5)![0] as Buffer).get(1)![0] as Buffer).get(2)![0])).toBe('loss');
  const values = decodeMessage(pluginOf(session).get(3)![0] as Buffer)
    .get(1)!
    .map((entry) => decodeMessage(entry as Buffer));
  const value = (i: number, field: number) => decodeMessage(values[i].get(2)![0] as Buffer).get(field)![0];
  expect([value(0, 2), String(value(1, 3)), value(2, 4)]).toEqual([1e-4, 'tract', 1]);
});

test('TensorBoard itself reads the settings', (context) => {
  const python = (...args: string[]) => spawnSync(process.env.TRACT_PYTHON ?? 'python3', args, { encoding: 'utf8' });
  if (python('-c', 'import tensorboard').status !== 0) return context.skip('python3 has no tensorboard; TRACT_PYTHON names another one');
  const folder = mkdtempSync(join(tmpdir(), 'tract-hparams-'));
  const events = [fileStart(time), hparamsEvents({ time, step: 0 }, hparams, ['loss'])];
  writeFileSync(join(folder, 'events.out.tfevents.1700000000.tract'), Buffer.concat(events));
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
events = EventAccumulator(sys.argv[1]); events.Reload()
found = events.summary_metadata['_hparams_/session_start_info'].plugin_data
data = plugin_data_pb2.HParamsPluginData.FromString(found.content)
values = data.session_start_info.hparams
print(json.dumps([found.plugin_name, values['learningRate'].number_value, values['method'].string_value, values['flip'].bool_value]))`;
  const { stdout, stderr } = python('-c', script, folder);
  rmSync(folder, { recursive: true });
  expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual(['hparams', 1e-4, 'tract', true]);
});

test('TensorBoard itself reads it', (context) => {
  const python = (...args: string[]) => spawnSync(process.env.TRACT_PYTHON ?? 'python3', args, { encoding: 'utf8' });
  if (python('-c', 'import tensorboard').status !== 0) return context.skip('python3 has no tensorboard; TRACT_PYTHON names another one');
  const folder = mkdtempSync(join(tmpdir(), 'tract-events-'));
  writeFileSync(join(folder, 'events.out.tfevents.1700000000.tract'), file);
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]); events.Reload()
(loss,) = events.Tensors('loss') if 'loss' in events.Tags()['tensors'] else events.Scalars('loss')
(image,) = events.Images('samples') if 'samples' in events.Tags()['images'] else [None]
(text,) = events.Tensors('config')
print(json.dumps([loss.step, loss.wall_time, getattr(loss, 'value', 0.5), image.width, image.height, len(image.encoded_image_string), text.tensor_proto.string_val[0].decode()]))`;
  const { stdout, stderr } = python('-c', script, folder);
  rmSync(folder, { recursive: true });
  expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual([20, 1_700_000_000.25, 0.5, 3, 2, png.length, '    {"é": 1}']);
});

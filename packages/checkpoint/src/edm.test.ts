import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readEdm } from './edm-read.js';
import type { NamedArray } from './named-array.js';
import { type PlainMap, PlainObject, type PlainValue } from './plain-value.js';
import { readSafetensors } from './safetensors-read.js';
import { errorKind } from './testing/error-kind.js';
import { little, raw } from './testing/raw-bytes.js';
import { readTorch } from './torch-read.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const sorted = (arrays: ReadonlyMap<string, NamedArray>) => [...arrays].sort(([a], [b]) => (a < b ? -1 : 1));
const at = (value: PlainValue, ...path: string[]): PlainValue | undefined =>
  path.reduce<PlainValue | undefined>(
    (inner, key) => (inner instanceof PlainObject ? inner.attributes.get(key) : (inner as PlainMap).get(key)),
    value,
  );
const kindOf = (bytes: Uint8Array) => errorKind(() => readEdm(bytes));

describe('network pickles of EDM', () => {
  test('tensors have the names of the state dict, classes and arguments are reported, the source text is neither run nor kept', () => {
    const bytes = fixture('edm.pkl');
    const { tensors, value } = readEdm(bytes);
    expect(sorted(tensors)).toEqual(sorted(readSafetensors(fixture('edm.safetensors')).tensors));
    const network = at(value, 'ema', 'model') as PlainObject;
    expect(network.className).toBe('SongUNet');
    expect(at(network, 'skip_scale')).toBe(Math.SQRT1_2);
    expect(at(network, '_init_kwargs', 'channel_mult')).toEqual([1, 2]);
    expect((at(network, 'enc') as PlainObject).className).toBe('ModuleDict');
    expect(at(network, 'enc', '8x8_block0', 'bias')).toBeNull();
    expect(at(value, 'dataset_kwargs', 'path')).toBe('data.zip');
    expect(new TextDecoder('latin1').decode(bytes)).toContain('must never run');
    expect(everything(value)).not.toContain('must never run');
  });

  test('are not read as a torch file, nor torch files as one of them, and each message says so', () => {
    expect(() => readTorch(fixture('edm.pkl'), { source: 'a.pkl' })).toThrow(
      'a.pkl: not a file of torch.save; it is another kind of pickle',
    );
    expect(() => readEdm(fixture('torch.pt'))).toThrow('not a pickle');
    expect(kindOf(fixture('torch-legacy.pt'))).toBe('trailing-bytes');
  });

  test('what runs something is refused there too', () => {
    const persistent = (meta: string) => raw(`\x80\x02ctorch_utils.persistence\n_reconstruct_persistent_obj\n${meta}\x85R.`);
    expect(kindOf(raw("\x80\x02cos\nsystem\n(S'touch owned'\ntR."))).toBe('forbidden');
    expect(kindOf(persistent('}(U\x04typeU\x05classU\x0aclass_nameU\x01AU\x05statecos\nsystem\nu'))).toBe('forbidden');
    expect(kindOf(persistent('}'))).toBe('invalid-content');
    expect(kindOf(raw('\x80\x02ctorch.storage\n_load_from_bytes\nC\x03abc\x85R.'))).toBe('invalid-content');
    // An object of many hidden attributes, met at many places.
    const hidden = Array.from({ length: 20_000 }, (_, i) => `X\x07\0\0\0_${String(i).padStart(6, '0')}N`).join('');
    const object = `ctorch.nn.modules.container\nModuleDict\n)\x81}(${hidden}ub`;
    const started = process.cpuUsage();
    expect(kindOf(raw(`\x80\x02](${object}q\0${'h\0'.repeat(50_000)}e.`))).toBe('too-large');
    expect(process.cpuUsage(started).user).toBeLessThan(2e6);
    // Data of a tensor inside the data of a tensor would nest without end.
    const nested = raw('\x80\x02ctorch.storage\n_load_from_bytes\nC\x00\x85R.');
    const legacy = [...fixture('torch-legacy.pt').subarray(0, 137), ...nested];
    const inner = `B${little(legacy.length, 4)}${String.fromCharCode(...legacy)}`;
    expect(kindOf(raw(`\x80\x03ctorch.storage\n_load_from_bytes\n${inner}\x85R.`))).toBe('forbidden');
  });
});

/** All texts of a value, keys and class names too. */
function everything(value: PlainValue): string {
  if (value instanceof PlainObject) return `${value.className} ${everything(value.attributes)}`;
  if (value instanceof Map) return [...value].map(([key, item]) => `${key} ${everything(item)}`).join(' ');
  return Array.isArray(value) ? value.map(everything).join(' ') : String(value);
}

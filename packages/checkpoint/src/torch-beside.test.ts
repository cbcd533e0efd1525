import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toFloat32 } from './half-precision.js';
import type { NamedArray } from './named-array.js';
import type { PlainMap } from './plain-value.js';
import { fileLike } from './testing/file-like.js';
import { dictOpcodes, tensorOpcodes, torchFile } from './testing/torch-file.js';
import { readTorch } from './torch-read.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const weight: NamedArray = { dtype: 'F32', shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => i / 7) };
const bias: NamedArray = { dtype: 'F32', shape: [2], data: Float32Array.of(1.5, -2.5) };

test.each(['torch-beside.pt', 'torch-beside-legacy.pt'])('%s: weights are read, whatever a trainer has kept beside them', (name) => {
  for (const input of [fixture(name), fileLike(fixture(name))]) {
    const { tensors, value, passedOver } = readTorch(input);
    expect({ ...tensors.get('model.weight'), data: tensors.get('model.weight')?.data }).toEqual(weight);
    expect({ ...tensors.get('model.bias'), data: tensors.get('model.bias')?.data }).toEqual(bias);
    expect([...tensors.keys()]).toEqual(['model.weight', 'model.bias']);
    expect(passedOver.get('args')).toBe('argparse.Namespace');
    expect(passedOver.get('recipe')).toBe('__main__.Recipe');
    expect(passedOver.has('array')).toBe(true);
    expect(passedOver.has('complex')).toBe(true);
    expect((value as PlainMap).get('big')).toBe(2.5);
    expect((value as PlainMap).get('key')).toBe('bytes');
    if (name === 'torch-beside.pt') expect(['sparse', 'quantised', 'odd'].every((key) => passedOver.has(key))).toBe(true);
  }
});

test.each(['torch-unchecked.pt', 'torch-aligned.pt', 'torch-protocol4.pt', 'torch-protocol5.pt'])('%s is read', (name) => {
  expect([...readTorch(fixture(name)).tensors]).toEqual([
    ['weight', weight],
    ['bias', bias],
  ]);
});

test('a network that was saved whole, of a class that is not known here, gives its tensors', () => {
  const { tensors } = readTorch(fixture('torch-whole.pt'));
  expect([...tensors]).toEqual([
    ['inner.weight', weight],
    ['inner.bias', bias],
  ]);
});

test('floats of eight bits have the values that PyTorch gives them, all 256 of each kind', () => {
  const { tensors } = readTorch(fixture('torch-float8.pt'));
  for (const kind of ['e4m3', 'e5m2']) expect(toFloat32(tensors.get(kind)!)).toEqual(tensors.get(`${kind}_values`)!.data);
});

test('a tensor of a subclass, or with attributes such as an nn.Buffer has, is a tensor', () => {
  const rebuild = 'ctorch._utils\n_rebuild_tensor_v2\n';
  const args = tensorOpcodes().slice(rebuild.length, -1);
  // As torch.save writes tensor.as_subclass(Kind) with an attribute: the function, the class, its arguments, the attributes.
  const typed = (type: string) => `ctorch._tensor\n_rebuild_from_type_v2\n(${rebuild}${type}${args}}tR`;
  const file = torchFile(
    dictOpcodes([
      ['buffer', typed('ctorch\nTensor\n')],
      ['own', typed('c__main__\nKind\n')],
    ]),
    {
      0: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
    },
  );
  const { tensors } = readTorch(file);
  for (const name of ['buffer', 'own'])
    expect(tensors.get(name)).toMatchObject({ dtype: 'F32', shape: [4], data: Float32Array.of(1, 2, 3, 4) });
});

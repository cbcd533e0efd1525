import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { CheckpointError } from './checkpoint-error.js';
import { encodeModel } from './model-folder.js';
import type { NamedArray } from './named-array.js';
import { readNpz, writeNpz } from './npz.js';
import { readSafetensors } from './safetensors-read.js';
import { damagedBytes } from './testing/damaged-bytes.js';
import { readTorch } from './torch-read.js';
import { writeTorch } from './torch-write.js';
import { writeZip } from './zip-write.js';

const folder = mkdtempSync(join(tmpdir(), 'tract-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const python = (code: string, ...args: string[]) => spawnSync('python3', ['-c', code, ...args], { encoding: 'utf8' });
const lacks = (...modules: string[]) => {
  const { status, error } = python(`import ${modules.join(', ')}`);
  return status === 0 ? undefined : error ? 'python3 is not installed' : `python3 has no ${modules.join(' and ')}`;
};

const arrays: [string, NamedArray][] = [
  ['f64', { dtype: 'F64', shape: [2, 3], data: Float64Array.of(0, 1, 2, 3, 4, 5) }],
  ['f32', { dtype: 'F32', shape: [6], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
  ['i64', { dtype: 'I64', shape: [1, 6], data: BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n) }],
  ['u8', { dtype: 'U8', shape: [3, 2], data: Uint8Array.of(0, 1, 2, 3, 4, 5) }],
  ['scalar', { dtype: 'F32', shape: [], data: Float32Array.of(5) }],
  ['empty', { dtype: 'F32', shape: [0, 3], data: new Float32Array(0) }],
];
/** Print name, dtype, shape and sum of each array, sorted by name. */
const describe = 'print("\\n".join(f"{k} {v.dtype} {v.shape} {float(v.sum())}" for k, v in sorted(arrays.items())))';
const description = [
  'empty float32 (0, 3) 0.0',
  'f32 float32 (6,) 15.0',
  'f64 float64 (2, 3) 15.0',
  'i64 int64 (1, 6) 15.0',
  'scalar float32 () 5.0',
  'u8 uint8 (3, 2) 15.0',
  '',
].join('\n');

test('the safetensors library of Python reads our model folder', (context) => {
  const reason = lacks('safetensors', 'numpy');
  if (reason) return context.skip(reason);
  const path = join(folder, 'model.safetensors');
  writeFileSync(path, encodeModel({ format: 'tract-model', version: 1 }, arrays, { made: 'here' })['model.safetensors']);
  const result = python(`import sys; from safetensors.numpy import load_file; arrays = load_file(sys.argv[1]); ${describe}`, path);
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe(description);
});

test('NumPy reads our npz, and we read what it writes from that', async (context) => {
  const reason = lacks('numpy');
  if (reason) return context.skip(reason);
  const path = join(folder, 'ours.npz');
  const back = join(folder, 'theirs.npz');
  writeFileSync(path, writeNpz(arrays));
  const result = python(
    `import sys, numpy as np; arrays = dict(np.load(sys.argv[1])); np.savez_compressed(sys.argv[2], **arrays); ${describe}`,
    path,
    back,
  );
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe(description);
  expect(await readNpz(new Uint8Array(readFileSync(back)))).toEqual(new Map(arrays));
});

test('PyTorch reads our state dict as weights only, and we read what it writes from that, in both forms and with views', (context) => {
  const reason = lacks('torch', 'safetensors');
  if (reason) return context.skip(reason);
  const tensors = readSafetensors(new Uint8Array(readFileSync(new URL('../fixtures/reference.safetensors', import.meta.url)))).tensors;
  const ours = join(folder, 'ours.pt');
  writeFileSync(ours, writeTorch(tensors));
  const program = `
import sys, torch
from safetensors.torch import save_file
ours, zipped, legacy, expected = sys.argv[1:]
tensors = torch.load(ours, weights_only=True)
print(type(tensors).__name__, tensors['scalar'].dtype, tuple(tensors['fortran'].shape), float(tensors['f4'].sum()))
generator = torch.Generator().manual_seed(1)
pick = lambda low, high: int(torch.randint(low, high, (), generator=generator))
for i in range(40):
    rank = pick(1, 5)
    whole = torch.rand([pick(1, 5) for _ in range(rank)], generator=generator)
    view = whole.permute(*torch.randperm(rank, generator=generator).tolist())
    for axis in range(rank):
        start = pick(0, view.shape[axis])
        view = view.narrow(axis, start, pick(0, view.shape[axis] - start + 1))
    tensors[f'view.{i}'] = view
torch.save(tensors, zipped)
signed = {name: tensor for name, tensor in tensors.items() if tensor.dtype not in (torch.uint16, torch.uint32, torch.uint64)}
torch.save(signed, legacy, _use_new_zipfile_serialization=False)
save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, expected)`;
  const [zipped, legacy, expected] = ['theirs.pt', 'theirs-legacy.pt', 'theirs.safetensors'].map((name) => join(folder, name));
  const result = python(program, ours, zipped, legacy, expected);
  expect(result.stderr).toBe('');
  expect(result.stdout).toMatch(/^OrderedDict torch.float64 \(2, 3, 2\) 9.428/);
  const read = (path: string) => new Uint8Array(readFileSync(path));
  const sound = readSafetensors(read(expected)).tensors;
  expect(sound.size).toBe(56);
  expect(new Map([...readTorch(read(zipped)).tensors].sort())).toEqual(new Map([...sound].sort()));
  for (const [name, array] of readTorch(read(legacy)).tensors) expect(array).toEqual(sound.get(name));
});

test('no damaged file that we accept is refused by the reference library', (context) => {
  const reason = lacks('safetensors');
  if (reason) return context.skip(reason);
  const reference = new Uint8Array(readFileSync(new URL('../fixtures/reference.safetensors', import.meta.url)));
  const files = fc.sample(damagedBytes([reference]), { numRuns: 1000, seed: 1 });
  const path = join(folder, 'damaged.zip');
  writeFileSync(path, writeZip(files.map((bytes, i) => [String(i), bytes] as const)));
  const judge = `
import sys, zipfile
from safetensors import deserialize
def verdict(data):
    try: deserialize(data); return "1"
    except Exception: return "0"
archive = zipfile.ZipFile(sys.argv[1])
print("".join(verdict(archive.read(name)) for name in archive.namelist()))`;
  const verdicts = python(judge, path).stdout.trim();
  expect(verdicts).toHaveLength(files.length);
  expect(verdicts).toContain('1');
  for (const [i, bytes] of files.entries()) if (verdicts[i] === '0') expect(() => readSafetensors(bytes)).toThrow(CheckpointError);
});

import type { Kernels } from './addon.js';
import { kernels, rowsOf, structs } from './kernel-table.mjs';

type Structs = typeof structs;
type Table = (typeof kernels)['vector'] & (typeof kernels)['portable'];
type Words<Names> = Names extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Names;

/** Names of the kernels that take these arguments. */
export type KernelsWith<S extends keyof Table> = Words<Table[S]>;

/** Name of a kernel of the addon. */
export type KernelName = KernelsWith<keyof Table>;

type StructOf<K> = { [S in keyof Table]: K extends KernelsWith<S> ? S : never }[keyof Table];

/** Values by kind of field. Arrays of float64 belong to calls with memory alone. */
type Fields<In, Out> = Record<'size' | 'float' | 'double', number> &
  Record<'in' | 'filter', In> & {
    'in?': In | undefined;
    ins: readonly In[];
    out: Out;
    'out?': Out | undefined;
    outs: readonly Out[];
    doubles: In extends Float32Array ? Float64Array : never;
    sizes3: readonly [number, number, number];
    flag: boolean;
    list: readonly number[];
  };

/** Fields of a struct of the table: inputs as `In`, outputs as `Out`. */
export type StructArgs<S extends keyof Structs, In = never, Out = never> = {
  readonly [Names in keyof Structs[S] as Words<Names>]: Structs[S][Names] extends infer Kind
    ? Kind extends keyof Fields<In, Out>
      ? Fields<In, Out>[Kind]
      : Kind extends keyof Structs
        ? StructArgs<Kind, In, Out>
        : never
    : never;
};

/** Arguments of a kernel: inputs as `In`, outputs as `Out`. */
export type KernelArgs<K extends KernelName, In, Out> = StructArgs<StructOf<K>, In, Out>;

/** Functions that turn inputs and outputs into operands; `keeps` says whether the addon may keep the transform of a filter. */
export type Operands<In, Out, Operand> = {
  readonly input: (x: In) => Operand;
  readonly output: (x: Out) => Operand;
  readonly keeps?: (filter: In) => boolean;
};

const fields = new Map(Object.entries(structs).map(([name, row]) => [name, rowsOf(row)]));
const structOf = new Map(
  Object.values(kernels).flatMap((set) =>
    Object.entries(set).flatMap(([struct, names]) => names.split(' ').map((name) => [name, struct] as const)),
  ),
);
const indices = new Map([...structOf.keys()].map((name, index) => [name, index]));

/** Return the index by which the addon knows a kernel. */
export const kernelIndex = (kernel: string): number => indices.get(kernel)!;

/** Return the place of a tensor among a kernel's operands, for one before which there are no lists of them. */
export function operandIndex(kernel: KernelName, field: string): number {
  const tensors = fields.get(structOf.get(kernel)!)!.filter(([, kind]) => /^(in|out)\??$|^filter$/.test(kind));
  return tensors.findIndex(([name]) => name === field);
}

/** Lay a kernel's arguments out as the addon reads them: operands and numbers, each in the order of the table. */
export function encode<K extends KernelName, In, Out, Operand>(
  kernel: K,
  args: KernelArgs<K, In, Out>,
  { input, output, keeps = () => false }: Operands<In, Out, Operand>,
): { operands: (Operand | undefined)[]; numbers: number[] } {
  const operands: (Operand | undefined)[] = [];
  const numbers: number[] = [];
  const add = (struct: string, values: Readonly<Record<string, never>>): void => {
    for (const [name, kind] of fields.get(struct)!) {
      const value = values[name];
      switch (kind) {
        case 'filter':
          operands.push(input(value));
          numbers.push(Number(keeps(value)));
          break;
        case 'in':
        case 'in?':
        case 'doubles':
          operands.push(value && input(value));
          break;
        case 'out':
        case 'out?':
          operands.push(value && output(value));
          break;
        case 'ins':
          for (const x of value as readonly In[]) operands.push(input(x));
          break;
        case 'outs':
          for (const x of value as readonly Out[]) operands.push(output(x));
          break;
        case 'sizes3':
        case 'list':
          for (const x of value as readonly number[]) numbers.push(x);
          break;
        case 'size':
        case 'float':
        case 'double':
        case 'flag':
          numbers.push(Number(value));
          break;
        default:
          add(kind, value);
      }
    }
  };
  add(structOf.get(kernel)!, args as never);
  return { operands, numbers };
}

type Memory = Float32Array | Float64Array;

let scratch = new Float64Array(64);

/** Run a kernel of the addon on operands and numbers as `encode` lays them out. */
export function callKernel(
  addon: Kernels,
  kernel: KernelName,
  operands: readonly (Memory | undefined)[],
  numbers: readonly number[],
): void {
  if (numbers.length > scratch.length) scratch = new Float64Array(2 * numbers.length);
  for (let i = 0; i < numbers.length; i++) scratch[i] = numbers[i];
  addon.run(kernelIndex(kernel), operands, scratch, numbers.length);
}

const inPlace: Operands<Float32Array, Float32Array, Memory> = { input: (x) => x, output: (x) => x };

/** Run a kernel of the addon on arrays. */
export function runKernel<K extends KernelName>(addon: Kernels, kernel: K, args: KernelArgs<K, Float32Array, Float32Array>): void {
  const { operands, numbers } = encode(kernel, args, inPlace);
  callKernel(addon, kernel, operands, numbers);
}

import type { Tensor } from '@tensorflow/tfjs-core';
import { dispose, read, runMany, tensor, useBackend } from '@tract/tensor';
import { randomValues, type Values } from '@tract/tensor/testing';
import { expect } from 'vitest';
import { nativeInfo, registerNativeBackend } from '../index.js';

/** One call of a kernel on random inputs. */
export type KernelCase = {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, readonly number[] | { readonly shape: readonly number[]; readonly values: Values }>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
};

export function titleOf({ kernel, inputs, attributes }: KernelCase): string {
  const shapes = Object.values(inputs).map((input) => `[${'shape' in input ? input.shape : input}]`);
  return `${kernel} ${shapes.join(' ')} ${attributes === undefined ? '' : JSON.stringify(attributes)}`;
}

/** Inputs as tensors of the active backend: the same numbers on each. */
function makeInputs({ inputs }: KernelCase): Record<string, Tensor> {
  const make = (name: string, i: number): Tensor => {
    const input = inputs[name];
    const { data, shape } = 'shape' in input ? randomValues(i, input.shape, input.values) : randomValues(i, input);
    return tensor(Float32Array.from(data), shape);
  };
  return Object.fromEntries(Object.keys(inputs).map((name, i) => [name, make(name, i)]));
}

/** Values of a sine from a phase on. */
export function wave(shape: number[], phase: number, height = 1): Tensor {
  const length = shape.reduce((product, n) => product * n, 1);
  return tensor(
    Float32Array.from({ length }, (_, i) => height * Math.sin(i + phase)),
    shape,
  );
}

export type Result = { readonly shape: number[]; readonly values: Float32Array };

const bytesOf = ({ values }: Result): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Assert equal bits. Not `toEqual`, which takes seconds for a million elements. */
export function expectSameBits(actual: readonly Result[], expected: readonly Result[], where: string): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, result] of actual.entries()) expect(bytesOf(result).equals(bytesOf(expected[i])), `result ${i}, ${where}`).toBe(true);
}

/** All results of the case on a backend: shapes and values. */
export async function resultsOn(backend: string, testCase: KernelCase): Promise<Result[]> {
  await useBackend(backend);
  const inputs = makeInputs(testCase);
  const outputs = [runMany(testCase.kernel, '0' in inputs ? Object.values(inputs) : inputs, testCase.attributes ?? {})].flat();
  const results = await Promise.all(outputs.map(async (output) => ({ shape: output.shape as number[], values: await read(output) })));
  dispose([outputs, inputs]);
  return results;
}

/** For kernels that divide their work by the number of threads. */
export const manyThreads = [2, 3, 8];

/** Run `body` on the native backend with one thread and with others, two if not said, for each instruction set of this machine. */
export async function onEachSetting<R>(
  body: () => Promise<R>,
  otherThreads: readonly number[] = [2],
): Promise<{ instructionSet: string; one: R; others: R[] }[]> {
  const results: { instructionSet: string; one: R; others: R[] }[] = [];
  for (const instructionSet of nativeInfo().instructionSets) {
    const withThreads = async (threads: number): Promise<R> => {
      registerNativeBackend({ instructionSet, threads });
      return await body();
    };
    const one = await withThreads(1);
    const others: R[] = [];
    for (const threads of otherThreads) others.push(await withThreads(threads));
    results.push({ instructionSet, one, others });
  }
  registerNativeBackend({ instructionSet: nativeInfo().instructionSets[0] });
  return results;
}

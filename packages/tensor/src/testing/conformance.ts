import { env } from '@tract/tensor/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backendName } from '../backend.js';
import { elementwiseCases } from './cases/elementwise.js';
import { kernelCases } from './cases/kernels.js';
import { networkCases } from './cases/network.js';
import { shapeCases } from './cases/shape.js';
import { checkOperation } from './check-operation.js';
import type { OperationCase } from './operation-case.js';
import { describeNoise } from './suite-noise.js';
import { describeNumbers } from './suite-numbers.js';
import { describeTraining } from './suite-training.js';

function describeOperations(title: string, cases: readonly OperationCase[]): void {
  describe(title, () => {
    for (const testCase of cases) test(testCase.name, () => checkOperation(testCase));
  });
}

/**
 * The contract of a backend as a vitest suite. `setup` must leave the backend of this name active (`useBackend`).
 *
 *     describeBackend('native', () => useNative());
 *
 * Every operation is compared with a plain float64 reference, its gradients with central differences of that reference; then the fused
 * update, the noise and the memory of a training loop. The engine's own check for leaking kernels is on meanwhile.
 */
export function describeBackend(name: string, setup: () => Promise<void>): void {
  describe(`backend ${name}`, () => {
    beforeAll(async () => {
      await setup();
      expect(backendName()).toBe(name);
      env().set('IS_TEST', true);
    });
    afterAll(() => env().set('IS_TEST', false));
    describeOperations('element-wise operations', elementwiseCases);
    describeOperations('reductions, shapes, losses', shapeCases);
    describeOperations('layers', networkCases);
    describeOperations('stock kernels', kernelCases);
    describeNumbers();
    describeNoise();
    describeTraining();
  });
}

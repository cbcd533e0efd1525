import { expect, test } from 'vitest';
import { projectsFor } from '../build-before-tests.mjs';

test('what is built before tests is what they run', () => {
  expect(projectsFor(['packages/schedules/src/phases.test.ts', 'packages/tensor/test/tape.test.ts'])).toBeUndefined();
  expect(projectsFor(['packages/schedules/src/phases.test.ts', 'apps/cli/src/actions/train.test.ts'])).toBe('@tract/cli');
  expect(projectsFor(['apps/cli/src/actions/train.test.ts', 'tools/soak/test/steady.test.mjs'])).toBe('');
  expect(projectsFor(['packages/samplers/src/standalone.test.ts'])).toBe('');
  expect(projectsFor(['packages/backend-webgpu/src/tract-run.node.test.ts'])).toBe('');
});

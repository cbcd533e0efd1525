import { fileURLToPath } from 'node:url';
import { noChromium, resultOfPage } from '@tract/backend-webgpu/testing';
import { expect, test } from 'vitest';
import { epsilonsOf, models } from '../testing/onnx-examples.js';

const reason = process.env.TRACT_BROWSER_SUITE ? noChromium() : 'minutes of a software driver; TRACT_BROWSER_SUITE=1, or npm run test:full';
const epsilons = new Set(models.flatMap(([, model]) => [...epsilonsOf(model)]));
const page = fileURLToPath(new URL('../testing/webgpu-page.ts', import.meta.url));

type Errors = { readonly name: string; readonly float32: number; readonly float16: number | string };

test.skipIf(reason !== undefined)(
  `every graph predicts x0 on WebGPU in Chromium as on the cpu backend, at every noise level${reason ? ` (skipped: ${reason})` : ''}`,
  async () => {
    const found: Errors[] = [];
    for (const epsilon of epsilons) found.push(...(await resultOfPage<Errors[]>(page, { search: `?${epsilon}` })));
    expect(new Set(found.map(({ name }) => name))).toEqual(new Set(models.map(([name]) => name)));
    for (const { name, float32, float16 } of found) {
      console.log(`${name}: ${float32.toExponential(1)}, float16 ${typeof float16 === 'number' ? float16.toExponential(1) : float16}`);
      expect(float32, name).toBeLessThan(2e-5);
      if (typeof float16 === 'number') expect(float16, name).toBeLessThan(1e-2);
      else expect(float16).toContain('requires f16 but the device does not support it'); // SwiftShader has no shader-f16
    }
  },
);

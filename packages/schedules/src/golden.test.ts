import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cosineLevel, cosineLogSNR, edmSigmas } from './index.js';

const golden = readFloat64Tensors(new URL('../test/schedules.safetensors', import.meta.url));

test('the cosine schedule agrees with the reference at 33 times', () => {
  const times = golden('t');
  times.forEach((t, i) => {
    expectClose(cosineLogSNR(t), golden('cosine.logsnr')[i]);
    expectClose(cosineLevel(t).alpha ** 2, golden('cosine.gamma')[i]);
  });
});

test.each([18, 40])('the EDM grid of %i steps agrees with the reference', (steps) => {
  const ascending = edmSigmas(steps).reverse();
  const expected = golden(`edm.sigma.${steps}`);
  expect(ascending).toHaveLength(expected.length);
  ascending.forEach((sigma, i) => {
    expectClose(sigma, expected[i]);
  });
});

/** 1e-12 relative: both sides are float64, the slack is for their libraries' tan, log and pow. Near 0 (logSNR at t = 1/2) it is absolute. */
function expectClose(got: number, expected: number) {
  expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-12 * Math.max(Math.abs(expected), 1e-3));
}

/** As much of safetensors as this fixture needs: u64 header length, JSON header, raw little-endian float64. */
function readFloat64Tensors(file: URL) {
  const bytes = new Uint8Array(readFileSync(file)).buffer;
  const headerEnd = 8 + Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.slice(8, headerEnd))) as Record<string, { data_offsets: [number, number] }>;
  return (name: string) => {
    const [start, end] = header[name].data_offsets;
    return new Float64Array(bytes.slice(headerEnd + start, headerEnd + end));
  };
}

import { test } from 'vitest';
import { symmetricEigen, singularValues, frechetDistance, featureStatistics } from './index.js';
test('bench', () => {
  let s = 1; const rnd = () => { s = (Math.imul(s, 1664525) + 1013904223) >>> 0; return s / 2 ** 32 - 0.5; };
  for (const n of [64, 512, 1024]) {
    const x = Float64Array.from({ length: 2 * n * n }, rnd), y = Float64Array.from({ length: 2 * n * n }, rnd);
    let t = (process.cpuUsage().user/1000);
    const a = featureStatistics(x, n), b = featureStatistics(y, n);
    console.log(n, 'stats', ((process.cpuUsage().user/1000) - t).toFixed(0)); t = (process.cpuUsage().user/1000);
    const d = frechetDistance(a, b);
    console.log(n, 'frechet', d, ((process.cpuUsage().user/1000) - t).toFixed(0)); t = (process.cpuUsage().user/1000);
    console.log(n, 'self', frechetDistance(a, a)); t = (process.cpuUsage().user/1000);
    if (n < 1000) { const e = symmetricEigen(a.covariance, n); console.log(n, 'eigen', ((process.cpuUsage().user/1000) - t).toFixed(0));
    let err = 0; for (let i = 0; i < n; i += 37) for (let r = 0; r < n; r++) { let q = 0; for (let c = 0; c < n; c++) q += a.covariance[r * n + c] * e.vectors[i * n + c]; err = Math.max(err, Math.abs(q - e.values[i] * e.vectors[i * n + r])); } console.log('resid', err); }
  }
});

// Runs in the browser for table.mjs.
import { registerWebGpuBackend } from '@tract/backend-webgpu';
import { useBackend } from '@tract/tensor';
import { kindsOf, measureRows } from './rows.mjs';

async function measure() {
  await registerWebGpuBackend();
  await useBackend('webgpu');
  const rows = await measureRows();
  return { rows, kinds: kindsOf(rows, 'webgpu', 'webgpu-stock') };
}

globalThis.result = measure();

import { useBackend } from '@tract/tensor';

const loaders: Readonly<Record<string, () => Promise<unknown>>> = {
  native: async () => (await import('@tract/backend-native')).registerNativeBackend(),
  wasm: async () => (await import('@tract/backend-wasm')).registerWasmBackend(),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

/** The backends that can be asked for, best first. */
export const backendNames = Object.keys(loaders);

/** Load a backend and make it the active one. @throws Error with the reason when this machine does not have it. */
export async function activate(name: string): Promise<void> {
  await loaders[name]();
  await useBackend(name);
}

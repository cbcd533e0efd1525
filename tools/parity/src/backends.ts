import { useBackend } from '@tract/tensor';

/** What starts each backend, by its name. */
export type Loaders = Readonly<Record<string, () => Promise<unknown>>>;

/** The backends of this machine's processor, best first. */
export const processorLoaders: Loaders = {
  native: async () => (await import('@tract/backend-native')).registerNativeBackend(),
  wasm: async () => (await import('@tract/backend-wasm')).registerWasmBackend(),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

/** Load a backend and make it the active one. @throws Error with the reason when this machine does not have it. */
export async function activate(loaders: Loaders, name: string): Promise<void> {
  await loaders[name]();
  await useBackend(name);
}

import { useBackend } from '@tract/tensor';

/** Start the native backend where it is built, else plain JavaScript, hundreds of times slower; resolves to its name. */
export async function startBackend() {
  const native = await import('@tract/backend-native');
  try {
    native.registerNativeBackend();
  } catch (error) {
    if (!(error instanceof native.NativeUnavailableError)) throw error;
    // The package of the native backend builds on tfjs's plain one and so has registered it.
    await useBackend('cpu');
    return 'cpu';
  }
  await useBackend('native');
  return 'native';
}

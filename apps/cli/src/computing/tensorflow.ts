import { backendError } from '../errors.js';

/**
 * Register the TensorFlow that is installed in the working folder's project, or beside us. @returns what it is and computes on, to a person.
 * @throws CliError (backend missing) that says what to install or to set.
 */
export async function registerTensorFlow(): Promise<string> {
  const { registerTensorFlowBackend } = await import('@tract/backend-tensorflow');
  try {
    const { addon, addonVersion, tensorflow, device } = await registerTensorFlowBackend();
    return `${device === 'gpu' ? 'a GPU' : 'the processor'}, by TensorFlow ${tensorflow} of ${addon} ${addonVersion}`;
  } catch (error) {
    throw backendError((error as Error).message, error);
  }
}

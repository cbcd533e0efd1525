import { registerTensorFlowBackend, type TensorFlowInfo } from '../register.js';

/** Register the addon in the folder that TRACT_TFJS_NODE names. @returns what it runs on, or why it cannot be tested. */
export async function realAddon(): Promise<TensorFlowInfo | string> {
  const addon = process.env.TRACT_TFJS_NODE;
  if (addon === undefined || addon === '') return 'set TRACT_TFJS_NODE to the folder of an installed @tensorflow/tfjs-node';
  return registerTensorFlowBackend({ addon });
}

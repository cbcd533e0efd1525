/** No TensorFlow is installed, or it does not load, fits not our TensorFlow.js, or lacks the device that was asked for. */
export class TensorFlowUnavailableError extends Error {
  override readonly name = 'TensorFlowUnavailableError';
}

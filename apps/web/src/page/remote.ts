import { transferHandlers } from 'comlink';

/** Let an AbortSignal be an argument of a call to a worker, in the page and in the worker: what is aborted here is aborted there. */
export function sendSignals(): void {
  transferHandlers.set('signal', {
    canHandle: (value): value is AbortSignal => value instanceof AbortSignal,
    serialize: (signal: AbortSignal) => {
      const { port1, port2 } = new MessageChannel();
      signal.addEventListener('abort', () => port1.postMessage('abort'), { once: true });
      return [{ port: port2, aborted: signal.aborted }, [port2]];
    },
    deserialize: ({ port, aborted }: { port: MessagePort; aborted: boolean }) => {
      const controller = new AbortController();
      if (aborted) controller.abort(); // at once: what begins aborted is to see it before its first turn
      port.onmessage = () => controller.abort();
      return controller.signal;
    },
  });
}

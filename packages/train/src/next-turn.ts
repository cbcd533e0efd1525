/** Give the event loop a turn in which timers, messages and signals are seen; in a page also one of drawing. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    // Timers in a page wait 4 ms; messages do not.
    if (typeof setImmediate === 'function') return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });

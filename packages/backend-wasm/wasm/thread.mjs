// A thread of the pool: another instance of the module in the same memory, which takes part in loops until it is ended.

function work({ module, memory, index, stack, locals }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stack;
  exports.__wasm_init_tls(locals);
  for (;;) {
    try {
      exports.work(index);
    } catch {
      // The failure is noted in the memory; the caller's thread makes an error of it.
      exports.__stack_pointer.value = stack;
      exports.recoverThread();
    }
  }
}

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (node?.parentPort) {
  node.parentPort.postMessage('ready');
  work(node.workerData);
} else {
  globalThis.onmessage = ({ data }) => {
    globalThis.postMessage('ready');
    work(data);
  };
}

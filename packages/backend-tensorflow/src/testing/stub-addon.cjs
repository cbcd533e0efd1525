// Stands for the addon's package where that is not installed: it registers what the real one does, over a binding that computes in JavaScript and
// records what it is asked to do. behaviour.json beside it says how it behaves.
const util = require('node:util');
const tf = require('@tensorflow/tfjs');
const { gpu, fails, wrongGradient } = require('./behaviour.json');

const arrays = new Map();
const binding = {
  TF_Version: '2.0.0-stub',
  calls: [],
  isUsingGpuDevice: () => gpu,
  liveTensors: () => arrays.size,
  createTensor(values) {
    const id = binding.calls.push('createTensor');
    arrays.set(id, values);
    return id;
  },
  deleteTensor: (id) => arrays.delete(id),
  tensorDataSync: (id) => arrays.get(id),
  executeOp(name, [a, b]) {
    binding.calls.push(name);
    return binding.createTensor(arrays.get(a).map((value, i) => value + arrays.get(b)[i]));
  },
};

class StubBackend extends tf.KernelBackend {
  constructor() {
    super();
    this.binding = binding;
    this.isUsingGpuDevice = binding.isUsingGpuDevice();
    this.ids = new tf.DataStorage(this, tf.engine());
  }
  numDataIds() {
    return this.ids.numDataIds();
  }
  keep(id) {
    const dataId = {};
    this.ids.set(dataId, id);
    return dataId;
  }
  write(values) {
    return this.keep(binding.createTensor(values));
  }
  async read(dataId) {
    return binding.tensorDataSync(this.ids.get(dataId));
  }
  refCount() {
    return 1;
  }
  disposeData(dataId) {
    binding.deleteTensor(this.ids.get(dataId));
    return this.ids.delete(dataId);
  }
  dispose() {}
}

tf.registerKernel({
  kernelName: 'Add',
  backendName: 'tensorflow',
  kernelFunc({ inputs: { a, b }, backend }) {
    if (util.isNullOrUndefined(a.dtype) || util.isArray(a)) throw new Error('Invalid input tensors value.');
    const id = binding.executeOp('AddV2', [backend.ids.get(a.dataId), backend.ids.get(b.dataId)]);
    return { dataId: backend.keep(id), shape: a.shape, dtype: a.dtype };
  },
});
tf.registerKernel({
  kernelName: 'Conv2DBackpropInput',
  backendName: 'tensorflow',
  kernelFunc({ inputs: { dy }, attrs: { inputShape }, backend }) {
    // All factors are 1 when it is asked.
    const sum = wrongGradient ? dy.size / 2 : dy.size;
    return { dataId: backend.write(new Float32Array(inputShape[3]).fill(sum)), shape: inputShape, dtype: 'float32' };
  },
});
if (fails) throw new Error(fails);
tf.registerBackend('tensorflow', () => new StubBackend(), 3);
tf.setBackend('tensorflow');
module.exports = { binding };

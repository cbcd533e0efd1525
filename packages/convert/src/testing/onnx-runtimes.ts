/** The part of onnxruntime that the tests use. */
export type Runtime = {
  readonly Tensor: new (type: 'float32' | 'int64', data: Float32Array | BigInt64Array, dims: readonly number[]) => unknown;
  readonly InferenceSession: { create(model: Uint8Array | string): Promise<Session> };
  readonly env: { readonly wasm?: { numThreads?: number } };
};
type Session = {
  run(feeds: Readonly<Record<string, unknown>>): Promise<Record<string, { readonly data: unknown; readonly dims: readonly number[] }>>;
};

/** Import a runtime if it is installed. */
export async function onnxRuntime(name: string): Promise<Runtime | undefined> {
  try {
    const runtime = (await import(name)) as Runtime;
    if (runtime.env.wasm) runtime.env.wasm.numThreads = 1;
    return runtime;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Inputs of a model by name: float32 arrays, or lists of labels as int64. */
export type OnnxInputs = Readonly<Record<string, { readonly data: Float32Array | readonly number[]; readonly dims: readonly number[] }>>;

/** Run a model and return the numbers of each output. */
export async function runOnnx(runtime: Runtime, model: Uint8Array | string, inputs: OnnxInputs): Promise<Record<string, Float32Array>> {
  const session = await runtime.InferenceSession.create(model);
  const feeds = Object.entries(inputs).map(([name, { data, dims }]) => [
    name,
    data instanceof Float32Array
      ? new runtime.Tensor('float32', data, dims)
      : new runtime.Tensor('int64', BigInt64Array.from(data, BigInt), dims),
  ]);
  const outputs = await session.run(Object.fromEntries(feeds));
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
}

import { toFloat16 } from '@tract/checkpoint';
import type { Attribute, GraphValue, Initializer, OnnxGraph, OnnxNode } from './onnx-model.js';

/** Name of a value in the graph. */
export type Value = string;

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Collects the nodes and constants of a graph; methods return the names of what they compute. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  #count = 0;

  /** Add a node of one output. */
  op(type: string, inputs: readonly Value[], attributes?: Readonly<Record<string, Attribute>>): Value {
    return this.ops(type, inputs, 1, attributes)[0];
  }

  /** Add a node of several outputs. */
  ops(type: string, inputs: readonly Value[], count: number, attributes?: Readonly<Record<string, Attribute>>): Value[] {
    const name = `${type}_${this.#count++}`;
    const outputs = Array.from({ length: count }, (_, i) => (count === 1 ? name : `${name}.${i}`));
    this.#nodes.push({ type, name, inputs, outputs, ...(attributes && { attributes }) });
    return outputs;
  }

  /** Add a constant whose float32 numbers are computed when they are written; a name that is there already is the same constant. */
  weights(name: string, dims: readonly number[], values: () => Float32Array, type: 'float32' | 'float16' = 'float32'): Value {
    const bytes = () => bytesOf(type === 'float16' ? toFloat16(name, values()) : values());
    return this.#add({ name, type, dims, byteLength: sizeOf(dims) * (type === 'float16' ? 2 : 4), bytes });
  }

  /** Add a constant of a few numbers. */
  floats(values: readonly number[], dims: readonly number[] = [], type: 'float32' | 'float16' = 'float32'): Value {
    const data = Float32Array.from(values);
    const name = values.length > 4 ? `constant_${this.#count++}` : `${type === 'float16' ? 'half' : 'float'}[${dims}](${[...data]})`;
    return this.weights(name, dims, () => data, type);
  }

  /** Add a constant vector of whole numbers, such as a shape. */
  ints(values: readonly number[]): Value {
    const bytes = () => bytesOf(BigInt64Array.from(values, BigInt));
    return this.#add({ name: `ints(${values})`, type: 'int64', dims: [values.length], byteLength: 8 * values.length, bytes });
  }

  #add(initializer: Initializer): Value {
    if (!this.#initializers.has(initializer.name)) this.#initializers.set(initializer.name, initializer);
    return initializer.name;
  }

  /** Give the outputs, each computed by a node, their names, and return the whole graph. */
  finish(name: string, inputs: readonly GraphValue[], outputs: readonly (GraphValue & { readonly from: Value })[]): OnnxGraph {
    const names = new Map(outputs.map(({ name: output, from }) => [from, output]));
    const renamed = (values: readonly Value[]) => values.map((value) => names.get(value) ?? value);
    const nodes = this.#nodes.map((node) => ({ ...node, inputs: renamed(node.inputs), outputs: renamed(node.outputs) }));
    return { name, nodes, initializers: [...this.#initializers.values()], inputs, outputs };
  }
}

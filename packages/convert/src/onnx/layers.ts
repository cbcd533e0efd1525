import type { NamedArray } from '@tract/checkpoint';
import type { Tensors } from '../foreign-checkpoint.js';
import { toPlace } from '../names/place.js';
import { toTorch } from '../names/torch-layout.js';
import type { GraphBuilder, Value } from './graph-builder.js';
import type { FloatType } from './graph-options.js';

/** Features [N, C, H, W] in the graph, and their sizes. */
export type Features = { readonly value: Value; readonly channels: number; readonly side: number };

/** Zeros before and after the rows and columns. */
type Pads = readonly [top: number, left: number, bottom: number, right: number];

const evenPads = (size: number): Pads => [size, size, size, size];

/** Layers of a network as nodes of a graph. Parameters are named by leaf path and read when the graph is written. */
export class Layers {
  constructor(
    readonly graph: GraphBuilder,
    readonly params: Tensors,
    readonly type: FloatType,
  ) {}

  #array(path: string): NamedArray {
    return this.params.get(path)!;
  }

  #parameter(path: string, dims: readonly number[], values?: (own: Float32Array) => Float32Array): Value {
    const read = () => this.#array(path).data as Float32Array;
    return this.graph.weights(path, dims, values ? () => values(read()) : read, this.type);
  }

  has(path: string): boolean {
    return this.params.has(path);
  }

  /** Add a number to the constants, of the type of the features. */
  number(value: number): Value {
    return this.graph.floats([value], [], this.type);
  }

  /** x [N, cIn] → [N, cOut]. */
  linear(path: string, x: Value): Value {
    const { shape } = this.#array(`${path}.weight`);
    const inputs = [x, this.#parameter(`${path}.weight`, shape)];
    return this.graph.op('Gemm', this.has(`${path}.bias`) ? [...inputs, this.#parameter(`${path}.bias`, [shape[1]])] : inputs);
  }

  /** Rows of a linear layer for the labels [N], each times `scale`, plus its bias → [N, cOut]. */
  classRows(path: string, labels: Value, scale: number): Value {
    const { shape } = this.#array(`${path}.weight`);
    const table = this.#parameter(`${path}.weight`, shape, (rows) => {
      const bias = this.params.get(`${path}.bias`)?.data as Float32Array | undefined;
      return rows.map((value, i) => scale * value + (bias ? bias[i % bias.length] : 0));
    });
    return this.graph.op('Gather', [table, labels], { axis: 0 });
  }

  silu(x: Value): Value {
    return this.graph.op('Mul', [x, this.graph.op('Sigmoid', [x])]);
  }

  /** Convolution of square kernels. Default: as many zeros around as keep the size. */
  conv(path: string, { value, side }: Features, { stride = 1, pads }: { readonly stride?: number; readonly pads?: Pads } = {}): Features {
    const [size, , cIn, cOut] = this.#array(`${path}.kernel`).shape;
    const dims = [cOut, cIn, size, size];
    const kernel = this.#parameter(`${path}.kernel`, dims, (values) => toTorch('conv', values, dims));
    const zeros = pads ?? evenPads((size - 1) / 2);
    const out = this.graph.op('Conv', [value, kernel, this.#parameter(`${path}.bias`, [cOut])], {
      kernel_shape: [size, size],
      pads: zeros,
      strides: [stride, stride],
    });
    return { value: out, channels: cOut, side: Math.floor((side + zeros[0] + zeros[2] - size) / stride) + 1 };
  }

  /**
   * Group normalisation as InstanceNormalization over [N, groups, …], which every backend of onnxruntime has.
   * @param embedding [N, 2 C]: the output is scaled by 1 + its first half and shifted by its second. Default: neither.
   */
  norm(path: string, x: Features, { groups, eps }: { readonly groups: number; readonly eps: number }, embedding?: Value): Features {
    const { graph } = this;
    const { channels, side } = x;
    const grouped = graph.op('Reshape', [x.value, graph.ints([0, groups, -1])]);
    const [ones, zeros] = [1, 0].map((value) =>
      graph.weights(`${groups} × ${value}`, [groups], () => new Float32Array(groups).fill(value), this.type),
    );
    const even = graph.op('InstanceNormalization', [grouped, ones, zeros], { epsilon: eps });
    const normed = graph.op('Reshape', [even, graph.ints([0, channels, side, side])]);
    const scaled = graph.op('Mul', [normed, ...this.#gain(path, channels, embedding)]);
    return { ...x, value: graph.op('Add', [scaled, ...this.#offset(path, channels, embedding)]) };
  }

  #gain(path: string, channels: number, embedding: Value | undefined): Value[] {
    if (embedding === undefined) return [this.#parameter(`${path}.gamma`, [channels, 1, 1])];
    return [this.#perPixel(this.graph.op('Mul', [this.#scale(embedding, channels), this.#parameter(`${path}.gamma`, [channels])]))];
  }

  #offset(path: string, channels: number, embedding: Value | undefined): Value[] {
    if (embedding === undefined) return [this.#parameter(`${path}.beta`, [channels, 1, 1])];
    const { graph } = this;
    const beta = graph.op('Mul', [this.#scale(embedding, channels), this.#parameter(`${path}.beta`, [channels])]);
    return [this.#perPixel(graph.op('Add', [beta, this.#half(embedding, channels, 1)]))];
  }

  #scale(embedding: Value, channels: number): Value {
    return this.graph.op('Add', [this.#half(embedding, channels, 0), this.number(1)]);
  }

  #half(embedding: Value, channels: number, half: 0 | 1): Value {
    const [from, to] = [half * channels, (half + 1) * channels];
    return this.graph.op('Slice', [embedding, ...[[from], [to], [1]].map((values) => this.graph.ints(values))]);
  }

  /** [N, C] → [N, C, 1, 1]. */
  #perPixel(x: Value): Value {
    return this.graph.op('Reshape', [x, this.graph.ints([0, -1, 1, 1])]);
  }

  /** Add an embedding [N, C] to every pixel. */
  addPerImage(x: Features, embedding: Value): Features {
    return { ...x, value: this.graph.op('Add', [x.value, this.#perPixel(embedding)]) };
  }

  /** The sum of two feature maps, times a factor. */
  sum(a: Features, b: Value, factor = 1): Features {
    const value = this.graph.op('Add', [a.value, b]);
    return { ...a, value: factor === 1 ? value : this.graph.op('Mul', [value, this.number(factor)]) };
  }

  concat(a: Features, b: Features): Features {
    return { value: this.graph.op('Concat', [a.value, b.value], { axis: 1 }), channels: a.channels + b.channels, side: a.side };
  }

  /** Self-attention of a normalised feature map: queries, keys, values, their mixture, the output layer. */
  attention(path: string, x: Features, heads: number): Features {
    const { graph } = this;
    const { channels, side } = x;
    const size = channels / heads;
    // As (part, head, channel) the three parts are runs of channels.
    const place = { names: ['qkv'], layout: 'conv', qkv: { heads, channels: size, order: 'part-head-channel' } } as const;
    const dims = [3 * channels, channels, 1, 1];
    const kernel = this.#parameter(`${path}.qkv.kernel`, dims, (values) => toPlace({ ...place, shape: dims }, values)[0]);
    const bias = this.#parameter(
      `${path}.qkv.bias`,
      [3 * channels],
      (values) => toPlace({ ...place, layout: 'plain', shape: [3 * channels] }, values)[0],
    );
    const all = graph.op('Conv', [x.value, kernel, bias], { kernel_shape: [1, 1] });
    const parts = graph.ops('Split', [all, graph.ints([channels, channels, channels])], 3, { axis: 1 });
    const [queries, keys, values] = parts.map((part) => graph.op('Reshape', [part, graph.ints([0, heads, size, side * side])]));
    const logits = graph.op('MatMul', [this.#turn(graph.op('Mul', [queries, this.number(1 / Math.sqrt(size))])), keys]);
    const mixed = graph.op('MatMul', [values, this.#turn(graph.op('Softmax', [logits], { axis: 3 }))]);
    const image = { ...x, value: graph.op('Reshape', [mixed, graph.ints([0, channels, side, side])]) };
    return this.conv(`${path}.out`, image);
  }

  /** Swap the last two axes. */
  #turn(x: Value): Value {
    return this.graph.op('Transpose', [x], { perm: [0, 1, 3, 2] });
  }
}

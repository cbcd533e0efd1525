import { protobuf } from '@tract/checkpoint';

const { bytesField, floatField, intField, messageField } = protobuf;
type Encoded = protobuf.Encoded;

/** Element types of ONNX tensors that are used here, by their numbers in TensorProto.DataType. */
export const elementTypes = { float32: 1, int64: 7, float16: 10 } as const;
type ElementType = keyof typeof elementTypes;

/** Attribute of a node: a number is written as a float if its name is in `floatAttributes`, else as an integer ≥ 0. */
export type Attribute = number | string | readonly number[];

export type OnnxNode = {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
};

/** A constant of the graph, whose bytes are made when they are written. */
export type Initializer = {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly byteLength: number;
  readonly bytes: () => Uint8Array;
};

/** Input or output; a text among its dimensions names one that may be of any size. */
export type GraphValue = { readonly name: string; readonly type: ElementType; readonly dims: readonly (number | string)[] };

export type OnnxGraph = {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
};

/** Place of an initializer's bytes in a file beside the model. */
export type External = { readonly location: string; readonly offset: number };

const floatAttributes = new Set(['epsilon', 'alpha', 'beta']);
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** Opset of the graph: the last one before GroupNormalization, which the WebGPU backend of onnxruntime-web lacks. */
const opset = 17;
const irVersion = 8;

/**
 * Encode a graph as the bytes of a model file (ModelProto of onnx.proto).
 * @param external where an initializer's bytes are, if not in this file.
 */
export const encodeModel = (
  graph: OnnxGraph,
  metadata: Readonly<Record<string, string>>,
  external: ReadonlyMap<string, External> = new Map(),
): Encoded[] => [
  intField(1, irVersion),
  bytesField(2, 'tract'),
  messageField(
    7,
    ...graph.nodes.map((node) => messageField(1, ...encodeNode(node))),
    bytesField(2, graph.name),
    ...graph.initializers.map((one) => messageField(5, ...encodeInitializer(one, external.get(one.name)))),
    ...graph.inputs.map((value) => messageField(11, ...encodeValue(value))),
    ...graph.outputs.map((value) => messageField(12, ...encodeValue(value))),
  ),
  messageField(8, bytesField(1, ''), intField(2, opset)),
  ...Object.entries(metadata).map(([key, value]) => messageField(14, bytesField(1, key), bytesField(2, value))),
];

const encodeNode = ({ type, name, inputs, outputs, attributes = {} }: OnnxNode): Encoded[] => [
  ...inputs.map((input) => bytesField(1, input)),
  ...outputs.map((output) => bytesField(2, output)),
  bytesField(3, name),
  bytesField(4, type),
  ...Object.entries(attributes).map(([key, value]) => messageField(5, ...encodeAttribute(key, value))),
];

function encodeAttribute(name: string, value: Attribute): Encoded[] {
  const key = bytesField(1, name);
  if (typeof value === 'string') return [key, bytesField(4, value), intField(20, attributeTypes.string)];
  if (typeof value !== 'number') return [key, ...value.map((one) => intField(8, one)), intField(20, attributeTypes.ints)];
  if (floatAttributes.has(name)) return [key, floatField(2, value), intField(20, attributeTypes.float)];
  return [key, intField(3, value), intField(20, attributeTypes.int)];
}

function encodeInitializer({ name, type, dims, byteLength, bytes }: Initializer, external?: External): Encoded[] {
  const head = [...dims.map((size) => intField(1, size)), intField(2, elementTypes[type]), bytesField(8, name)];
  if (external === undefined) return [...head, bytesField(9, { length: byteLength, pieces: () => [bytes()] })];
  const entries = { location: external.location, offset: `${external.offset}`, length: `${byteLength}` };
  return [
    ...head,
    ...Object.entries(entries).map(([key, value]) => messageField(13, bytesField(1, key), bytesField(2, value))),
    intField(14, 1),
  ];
}

function encodeValue({ name, type, dims }: GraphValue): Encoded[] {
  const sizes = dims.map((size) => messageField(1, typeof size === 'number' ? intField(1, size) : bytesField(2, size)));
  return [bytesField(1, name), messageField(2, messageField(1, intField(1, elementTypes[type]), messageField(2, ...sizes)))];
}

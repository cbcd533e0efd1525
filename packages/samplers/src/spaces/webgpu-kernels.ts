import { toHalf } from './half.js';

/** As much of a GPUDevice as the space needs. */
export type WebGpuDevice<B> = {
  readonly queue: {
    submit(commands: unknown[]): void;
    writeBuffer(buffer: B, offset: number, data: Float32Array | Uint16Array | Uint32Array): void;
  };
  createBuffer(descriptor: { size: number; usage: number }): B;
  createShaderModule(descriptor: { code: string }): unknown;
  createComputePipeline(descriptor: { layout: 'auto'; compute: { module: never } }): { getBindGroupLayout(index: number): unknown };
  createBindGroup(descriptor: { layout: never; entries: never }): unknown;
  createCommandEncoder(): {
    beginComputePass(): {
      setPipeline(pipeline: never): void;
      setBindGroup(index: number, group: never): void;
      dispatchWorkgroups(x: number): void;
      end(): void;
    };
    finish(): unknown;
  };
};
export type WebGpuBuffer = { readonly size: number; destroy(): void };

// Flags of the interface, whose global constants are not everywhere.
const [copySource, copyTarget, uniform, storage] = [4, 8, 64, 128];
const [groupSize, mostGroups] = [256, 65_535];

/** Storage of a vector's numbers on a device; sums are made in float32 whatever it is. */
export type GpuDataType = 'float32' | 'float16';

/** Bytes of so many 32-bit words: a multiple of 16, as onnxruntime has them. */
const bytesOf = (words: number) => Math.ceil(words / 4) * 16;

/** A runner of elementwise WGSL over buffers of one type; each program is compiled once. */
export function webGpuKernels<B extends WebGpuBuffer>(device: WebGpuDevice<B>, dataType: GpuDataType) {
  const { perWord, wordsOf } = storages[dataType];
  const pipelines = new Map<string, ReturnType<WebGpuDevice<B>['createComputePipeline']>>();
  const pipelineOf = (inputs: number, parameters: number, body: string) => {
    const source = sourceOf(dataType, inputs, parameters, body);
    const known = pipelines.get(source);
    if (known) return known;
    const made = device.createComputePipeline({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: source }) as never },
    });
    pipelines.set(source, made);
    return made;
  };
  const create = (length: number): B =>
    device.createBuffer({ size: bytesOf(Math.ceil(length / perWord)), usage: storage | copySource | copyTarget });
  const upload = (numbers: ArrayLike<number>): B => {
    const buffer = create(numbers.length);
    device.queue.writeBuffer(buffer, 0, wordsOf(numbers));
    return buffer;
  };
  /** The i-th number of the result is body, an expression of i, x0(i), x1(i), …, the numbers p(0), p(1), … and normal(i), a hash of the draw's seed and index. */
  const map = (length: number, inputs: readonly B[], numbers: readonly number[], body: string, draw = { seed: 0, index: 0 }): B => {
    const pipeline = pipelineOf(inputs.length, numbers.length, body);
    const [out, settings] = [
      create(length),
      device.createBuffer({ size: 16 + bytesOf(Math.max(1, numbers.length)), usage: uniform | copyTarget }),
    ];
    device.queue.writeBuffer(settings, 0, Uint32Array.of(length, draw.seed, draw.index, 0));
    device.queue.writeBuffer(settings, 16, Float32Array.from(numbers));
    const entries = [settings, out, ...inputs].map((buffer, binding) => ({ binding, resource: { buffer } }));
    const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0) as never, entries: entries as never });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline as never);
    pass.setBindGroup(0, group as never);
    pass.dispatchWorkgroups(Math.min(Math.ceil(length / perWord / groupSize), mostGroups));
    pass.end();
    device.queue.submit([encoder.finish()]);
    settings.destroy(); // takes effect when what was submitted is done
    return out;
  };
  return { upload, map };
}

const pairsOfHalves = (numbers: ArrayLike<number>) => toHalf(numbers.length % 2 === 0 ? numbers : [...Array.from(numbers), 0]);

/** How a type lies in words of 32 bits. Halves are packed in pairs, which every device can do, unlike f16 of its own. */
const storages = {
  float32: {
    perWord: 1,
    wordsOf: (numbers: ArrayLike<number>) => Float32Array.from(numbers),
    word: 'f32',
    read: (x: string) => `${x}[i]`,
    write: 'at(i)',
  },
  float16: {
    ...{ perWord: 2, wordsOf: pairsOfHalves, word: 'u32', read: (x: string) => `unpack2x16float(${x}[i / 2u])[i % 2u]` },
    write: 'pack2x16float(vec2f(at(2u * i), at(2u * i + 1u)))',
  },
} as const satisfies Record<GpuDataType, object>;

const sourceOf = (dataType: GpuDataType, inputs: number, parameters: number, body: string): string => {
  const { perWord, word, read, write } = storages[dataType];
  const input = (_: unknown, k: number) => `@group(0) @binding(${k + 2}) var<storage, read> words${k}: array<${word}>;
fn x${k}(i: u32) -> f32 { return ${read(`words${k}`)}; }`;
  return `
struct Settings { length: u32, seed: u32, index: u32, numbers: array<vec4f, ${Math.max(1, Math.ceil(parameters / 4))}> }
@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read_write> out: array<${word}>;
${Array.from({ length: inputs }, input).join('\n')}
fn p(k: u32) -> f32 { return settings.numbers[k / 4u][k % 4u]; }
${normalSource}
fn at(i: u32) -> f32 { return ${body}; }
@compute @workgroup_size(${groupSize})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let words = (settings.length + ${perWord - 1}u) / ${perWord}u;
  for (var i = id.x; i < words; i += groups.x * ${groupSize}u) { out[i] = ${write}; }
}`;
};

/** `hashNormal` on the device, to the rounding of float32. */
const normalSource = `
fn mix32(bits: u32) -> u32 {
  var h = bits + 0x9e3779b9u;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}
fn unit(bits: u32) -> f32 { return (f32(bits) + 0.5) / 4294967296.0; }
// WGSL promises its own cosine to 2^-11 and its logarithm near 1 to 2^-21 only.
fn cosTurn(turn: f32) -> f32 { // cos(2 pi turn), turn in [0, 1)
  let half = 0.5 - abs(turn - 0.5); // in [0, 1/2], where the cosine is the same
  let quarter = 0.25 - abs(half - 0.25);
  let toSine = quarter > 0.125;
  let x = 6.283185307179586 * select(quarter, 0.25 - quarter, toSine);
  let y = x * x;
  let cosine = 1.0 - y / 2.0 * (1.0 - y / 12.0 * (1.0 - y / 30.0 * (1.0 - y / 56.0)));
  let sine = x * (1.0 - y / 6.0 * (1.0 - y / 20.0 * (1.0 - y / 42.0 * (1.0 - y / 72.0))));
  return select(1.0, -1.0, half > 0.25) * select(cosine, sine, toSine);
}
fn logUnit(bits: u32) -> f32 {
  let rest = unit(~bits);
  return select(log(unit(bits)), -rest * (1.0 + rest * (0.5 + rest * (1.0 / 3.0 + rest * 0.25))), rest < 0.02);
}
fn normal(element: u32) -> f32 {
  let key = mix32(mix32(mix32(settings.seed) ^ settings.index) ^ element);
  return sqrt(-2.0 * logUnit(mix32(key ^ 1u))) * cosTurn(unit(mix32(key ^ 2u)));
}`;

/** A compute kernel in WGSL. What it binds is declared here once; the code names it. */
export type Shader = {
  readonly name: string;
  /** Arrays that are read, as names, or 'name: type' where the elements are no f32. */
  readonly inputs: readonly string[];
  /** Arrays that are written, and may be read. */
  readonly outputs: readonly string[];
  /** Numbers of one run, 'name: type' with type u32, i32 or f32; the code reads them as n.name. */
  readonly numbers: readonly string[];
  /** Threads of a workgroup. Default: one axis. */
  readonly workgroup: readonly [x: number, y?: number];
  /** Memory of a workgroup and functions. */
  readonly declarations?: string;
  /** Body of the entry point, with `local` (u32, index in the workgroup), `group` (vec3u) and, in a flat run, `index` (u32). */
  readonly code: string;
};

/** Groups along x of a flat run; what does not fit in a row goes on in the next. */
export const groupsPerRow = 32768;

const typed = (declaration: string): [name: string, type: string] => {
  const [name, type = 'f32'] = declaration.split(':').map((part) => part.trim());
  return [name, type];
};

/** The whole module. Bindings are the inputs, the outputs, then the numbers. */
export function moduleOf({ inputs, outputs, numbers, workgroup, declarations = '', code }: Shader): string {
  const arrays = [...inputs.map((name) => ['read', name] as const), ...outputs.map((name) => ['read_write', name] as const)];
  const [width, height = 1] = workgroup;
  return `
struct Numbers { ${numbers.map((number) => `${number},`).join(' ')} }
${arrays.map(([access, array], i) => `@group(0) @binding(${i}) var<storage, ${access}> ${typed(array)[0]}: array<${typed(array)[1]}>;`).join('\n')}
@group(0) @binding(${arrays.length}) var<uniform> n: Numbers;
${declarations}
@compute @workgroup_size(${width}, ${height})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let index = (group.y * ${groupsPerRow}u + group.x) * ${width * height}u + local;
  ${code}
}`;
}

/** The numbers of a run as the bytes of its uniform, in the order of their declaration. */
export function packNumbers({ numbers }: Shader, values: readonly number[]): ArrayBuffer {
  const bytes = new ArrayBuffer(4 * Math.max(numbers.length, 1));
  const [floats, integers] = [new Float32Array(bytes), new Int32Array(bytes)];
  numbers.forEach((number, i) => {
    const target = typed(number)[1] === 'f32' ? floats : integers;
    target[i] = values[i];
  });
  return bytes;
}

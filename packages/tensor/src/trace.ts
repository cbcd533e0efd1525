import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { recordForward, reverse } from './gradient.js';
import { type Layout, layoutOf, type Shaped } from './layout.js';
import { arena, NotCompilable, type Program, ProgramBuilder } from './program.js';
import { type ProgramBackend, programBackend } from './program-backend.js';
import { run } from './run.js';
import { scope } from './scope.js';
import { type Shape, sizeOf } from './shape.js';
import { untracked } from './tape.js';
import { fill } from './tensor.js';
import { type Tree, withLeaves } from './tree.js';

/** A pure function: its parameters and inputs are all that its result depends on. */
export type Pure<P> = (params: P, inputs: readonly Tensor[]) => Tensor;

/** Shapes of the inputs, and which gradients are wanted; by default none. */
export type CallShapes = {
  readonly inputs: readonly Shape[];
  readonly gradients?: { readonly params: boolean; readonly inputs: readonly boolean[] };
};

/** A program, the spaces to bind, and the leaves of the parameters whose gradients it writes. */
export type Traced = { readonly program: Program; readonly resultShape: Shape; readonly writes: readonly boolean[] };

/** Spaces of a traced program: the arena is 0, then the parameters, the result and the inputs; in the reverse part the gradients by each of those. */
export const spaces = {
  params: 1,
  result: 2,
  input: (i: number) => 3 + i,
  resultGrad: (inputs: number) => 3 + inputs,
  paramGrads: (inputs: number) => 4 + inputs,
  inputGrad: (inputs: number, i: number) => 5 + inputs + i,
};

/**
 * Compile a pure function of parameters and inputs of these shapes to a program of the active backend, without running anything. `params` is a tree of
 * anything with a shape. A number that the function reads elsewhere becomes part of the program.
 *
 * @throws NotCompilable with the reason: the backend runs no programs, or the function makes tensors from values, reads tensors that are not its arguments, draws
 * random numbers, or needs a kernel that programs do not have.
 */
export function compile<P extends Tree<Shaped>>(fn: Pure<never>, params: P, shapes: CallShapes): Program {
  const backend = programBackend();
  if (backend === undefined) throw new NotCompilable(`the backend '${engine().backendName}' runs no programs`);
  if (!backend.canCompile) throw new NotCompilable('a function is being compiled already, or somebody observes the kernels');
  return trace(backend, fn as Pure<unknown>, params, shapes).program;
}

/** `compile` for a known backend, with what a caller needs to bind memory. */
export function trace(backend: ProgramBackend, fn: Pure<unknown>, params: Tree<Shaped>, { inputs, gradients }: CallShapes): Traced {
  const builder = new ProgramBuilder();
  const layout = layoutOf(params);
  return backend.trace(builder, () =>
    scope(() => {
      const symbol = (shape: Shape, space: number, offset = 0): Tensor =>
        engine().makeTensorFromTensorInfo(backend.symbol(builder.value(shape, space, offset), shape));
      const fresh = (name: string, shape: Shape): Tensor => symbol(shape, builder.space(name, sizeOf(shape)));
      builder.space('params', layout.floats);
      const result = builder.space('result', 0);
      const leaves = layout.shapes.map((shape, i) => symbol(shape, spaces.params, layout.offsets[i]));
      const tensors = inputs.map((shape, i) => fresh(`input${i}`, shape));
      const work = () => fn(withLeaves(params, leaves), tensors);
      const end = (y: Tensor): Shape => {
        builder.resize(result, y.size);
        builder.assign(backend.tracedValue(y), result);
        builder.endForward();
        return y.shape;
      };
      if (gradients === undefined) {
        const resultShape = end(untracked(() => scope(work)));
        return { program: builder.finish(), resultShape, writes: [] };
      }
      const wanted = tensors.filter((_, i) => gradients.inputs[i]);
      const forward = recordForward(work, { tensors: gradients.params ? [...leaves, ...wanted] : wanted });
      const resultShape = end(forward.value);
      const grads = reverse(forward, fresh('resultGrad', resultShape));
      const writes = assignParamGrads(backend, builder, layout, gradients.params ? grads.slice(0, leaves.length) : []);
      const ofInputs = grads.slice(grads.length - wanted.length);
      let next = 0;
      for (const [i, { shape, size }] of tensors.entries()) {
        const space = builder.space(`inputGrad${i}`, gradients.inputs[i] ? size : 0);
        if (gradients.inputs[i]) writeTo(backend, builder, ofInputs[next++], shape, space);
      }
      return { program: builder.finish(), resultShape, writes };
    }),
  );
}

/** Have the gradients of the parameters written to their space. Returns which of them there are. */
function assignParamGrads(
  backend: ProgramBackend,
  builder: ProgramBuilder,
  { floats, offsets, shapes }: Layout,
  grads: readonly (Tensor | undefined)[],
): boolean[] {
  const space = builder.space('paramGrads', grads.length > 0 ? floats : 0);
  for (const [i, grad] of grads.entries()) if (grad !== undefined) writeTo(backend, builder, grad, shapes[i], space, offsets[i]);
  return grads.map((grad) => grad !== undefined);
}

/** Have a gradient written to a place: by its own launch, or if it lies in a space already, by a copy. Undefined counts as zeros. */
function writeTo(
  backend: ProgramBackend,
  builder: ProgramBuilder,
  grad: Tensor | undefined,
  shape: Shape,
  space: number,
  offset = 0,
): void {
  const free = grad !== undefined && builder.spaceOf(backend.tracedValue(grad)) === arena;
  const copy = () => (grad === undefined ? fill(shape, 0) : run('Slice', { x: grad }, { begin: shape.map(() => 0), size: [...shape] }));
  builder.assign(backend.tracedValue(free ? grad : copy()), space, offset);
}

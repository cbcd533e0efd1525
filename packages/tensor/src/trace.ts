import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from '@tract/tensor/core';
import { recordForward, reverse } from './gradient.js';
import { layoutOf, type Shaped } from './layout.js';
import { arena, NotCompilable, type Program, ProgramBuilder, paramSpace } from './program.js';
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
  return trace(backend, fn as Pure<unknown>, params, shapes);
}

/** `compile` for a known backend. Spaces: arena, parameters, inputs, result; for gradients those of the result, the parameters, and the wanted inputs. */
export function trace(backend: ProgramBackend, fn: Pure<unknown>, params: Tree<Shaped>, { inputs, gradients }: CallShapes): Program {
  const builder = new ProgramBuilder(backend.kernelTraits);
  const layout = layoutOf(params);
  return backend.trace(builder, () =>
    scope(() => {
      const symbol = (shape: Shape, space: number, offset = 0): Tensor =>
        engine().makeTensorFromTensorInfo(backend.symbol(builder.value(shape, space, offset), shape));
      const fresh = (name: string, shape: Shape): Tensor => symbol(shape, builder.space(name, sizeOf(shape)));
      builder.space('params', layout.floats);
      const leaves = layout.shapes.map((shape, i) => symbol(shape, paramSpace, layout.offsets[i]));
      const tensors = inputs.map((shape, i) => fresh(`input${i}`, shape));
      const work = () => fn(withLeaves(params, leaves), tensors);
      const end = (y: Tensor): Shape => {
        builder.assign(backend.tracedValue(y), builder.space('result', y.size));
        builder.endForward();
        return y.shape;
      };
      if (gradients === undefined) return builder.finish(end(untracked(() => scope(work))));
      const byParams = gradients.params ? leaves : [];
      const byInputs = tensors.filter((_, i) => gradients.inputs[i]);
      const forward = recordForward(work, { tensors: [...byParams, ...byInputs] });
      const resultShape = end(forward.value);
      const grads = reverse(forward, fresh('resultGrad', resultShape));
      /** Have a gradient written to a place: by its own launch, or if it lies in a space already, by a copy. Undefined counts as zeros. */
      const put = (grad: Tensor | undefined, shape: Shape, space: number, offset = 0): number => {
        const free = grad !== undefined && builder.spaceOf(backend.tracedValue(grad)) === arena;
        const copy = () => (grad ? run('Slice', { x: grad }, { begin: shape.map(() => 0), size: [...shape] }) : fill(shape, 0));
        const value = backend.tracedValue(free ? grad : copy());
        builder.assign(value, space, offset);
        return value;
      };
      const paramGrads = builder.space('paramGrads', byParams.length > 0 ? layout.floats : 0);
      const written = byParams.map(({ shape }, i) => grads[i] && put(grads[i], shape, paramGrads, layout.offsets[i]));
      for (const [i, { shape, size }] of byInputs.entries())
        put(grads[byParams.length + i], shape, builder.space(`inputGrad${tensors.indexOf(byInputs[i])}`, size));
      return builder.finish(resultShape, written);
    }),
  );
}

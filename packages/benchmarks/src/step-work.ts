import { type KernelCall, observeKernels } from '@tract/backend-native';
import { bytesOf, operationsOf } from './kernel-work.js';

/** What a piece of work asks of a machine. Operations are those of the direct algorithm, bytes those of all inputs and outputs. */
export type StepWork = {
  /** 3x3 convolutions and their gradients. */
  readonly convolutionFlops: number;
  readonly convolutionBytes: number;
  /** All other products. */
  readonly productFlops: number;
  /** Kernels that multiply nothing. */
  readonly otherBytes: number;
  readonly launches: number;
};

const isConvolution = ({ kernel, inputs: { filter }, outputs }: KernelCall): boolean => {
  const [height, width] = filter ?? (kernel === 'TractConv2DFilterGrad' ? outputs[0] : []);
  return height === 3 && width === 3;
};

/** Do some work and return the calls of its kernels, one by one. The native backend must be active. */
export async function observedCalls(work: () => Promise<void>): Promise<KernelCall[]> {
  const calls: KernelCall[] = [];
  observeKernels((call) => calls.push(call));
  try {
    await work();
  } finally {
    observeKernels(undefined);
  }
  return calls;
}

/** Count what `work` asks of the machine. The native backend must be active. */
export async function countWork(work: () => Promise<void>): Promise<StepWork> {
  const count = { convolutionFlops: 0, convolutionBytes: 0, productFlops: 0, otherBytes: 0, launches: 0 };
  for (const call of await observedCalls(work)) {
    const operations = operationsOf(call);
    count.launches++;
    if (isConvolution(call)) {
      count.convolutionFlops += operations!;
      count.convolutionBytes += bytesOf(call);
    } else if (operations !== undefined) count.productFlops += operations;
    else count.otherBytes += bytesOf(call);
  }
  return count;
}

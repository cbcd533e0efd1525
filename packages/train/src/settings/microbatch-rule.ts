import type { z } from 'zod';

type Microbatches = { readonly batch: number; readonly accumulate?: number };

/** Check that a batch can be cut into so many equal microbatches. */
export function checkMicrobatches({ batch, accumulate = 1 }: Microbatches, context: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  if (batch % accumulate === 0) return;
  const message = `${accumulate} must divide the batch of ${batch} images; change one of the two`;
  context.addIssue({ code: 'custom', path: ['accumulate'], message });
}

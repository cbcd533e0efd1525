import type { z } from 'zod';

type Parts = { readonly batch: number; readonly accumulate?: number };

/** A batch can be cut into so many equal parts. */
export function checkParts({ batch, accumulate = 1 }: Parts, context: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  if (batch % accumulate === 0) return;
  const message = `${accumulate} must divide the batch of ${batch} images; change one of the two`;
  context.addIssue({ code: 'custom', path: ['accumulate'], message });
}

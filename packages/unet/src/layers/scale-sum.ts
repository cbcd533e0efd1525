import { scale, type Tensor } from '@tract/tensor';
import type { BlockStyle } from '../block-style.js';

/** A sum of what a block computed and what went around it, times the network's factor on such sums. */
export const scaleSum = (sum: Tensor, { skipScale }: BlockStyle): Tensor => (skipScale === 1 ? sum : scale(sum, skipScale));

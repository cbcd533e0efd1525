import type { UNetConfig } from './config.js';
/** What `applyUNet` asks of its inputs, checked before any work. */
export declare function checkInputs(
  config: UNetConfig,
  shape: readonly number[],
  logSNR: readonly number[],
  labels?: readonly number[],
): void;
type Lists = Readonly<Record<'down' | 'mid' | 'up', readonly unknown[]>>;
/** Catches parameters that were made for another configuration, as far as their lists tell; the ops check the shapes. */
export declare function checkLists(plan: Lists, params: Lists): void;
//# sourceMappingURL=inputs.d.ts.map

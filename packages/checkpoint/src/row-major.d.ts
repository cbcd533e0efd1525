import type { NamedArray } from './named-array.js';
/** A copy, in row-major order, of an array whose data is in column-major (Fortran) order: first index fastest. */
export declare function toRowMajor(array: NamedArray): NamedArray;
//# sourceMappingURL=row-major.d.ts.map

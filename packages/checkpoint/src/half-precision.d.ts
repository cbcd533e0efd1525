import type { NamedArray } from './named-array.js';
/** The value of 16 bits of IEEE 754 half precision: sign 1, exponent 5, fraction 10. */
export declare function decodeFloat16(bits: number): number;
/**
 * The numbers of an array as float32, whatever it is stored in; F32 gives its own data back, not a copy.
 * F16, BF16, BOOL and the 8 and 16 bit integers are exact, the others rounded to float32.
 */
export declare function toFloat32(array: NamedArray): Float32Array;
//# sourceMappingURL=half-precision.d.ts.map

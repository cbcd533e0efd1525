/**
 * Return x^y for x > 0 by exp and ln, which have the same bits in every Node from 20 on, unlike Math.pow and `**`, which changed with Node 24; they differ by
 * processor family alone. To some (1 + |y·ln x|)·1e-16 of its size. Squares and whole powers of 2 by `**` are the same everywhere.
 */
export const power = (x: number, y: number): number => Math.exp(y * Math.log(x));

/** Count the elements of a tensor of that shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

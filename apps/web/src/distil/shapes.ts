import { randomNormals, randomUniforms } from '@tract/tensor';

export type ShapeName = 'spiral' | 'moons' | 'grid';

/** Spread of the points around the line or place they belong to. */
const blur = 0.02;

/** Map two uniform numbers to a point of the shape, within about [-0.85, 0.85]². */
const places: Readonly<Record<ShapeName, (u: number, v: number) => readonly [x: number, y: number]>> = {
  spiral: (u) => {
    const [radius, angle] = [0.12 + 0.73 * Math.sqrt(u), 1.25 * 2 * Math.PI * Math.sqrt(u)];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  moons: (u, v) => {
    const [x, y] = [Math.cos(Math.PI * u), Math.sin(Math.PI * u)];
    return v < 0.5 ? [0.55 * x - 0.275, 0.55 * y - 0.14] : [0.275 - 0.55 * x, 0.14 - 0.55 * y];
  },
  grid: (u, v) => [0.5 * Math.floor(4 * u) - 0.75, 0.5 * Math.floor(4 * v) - 0.75],
};

/** `count` points of a shape, [count,2] in row-major order; a function of the seed. */
export function shapePoints(shape: ShapeName, count: number, seed: number): Float32Array {
  const uniforms = randomUniforms({ seed, stream: 101 }, 2 * count);
  return randomNormals({ seed, stream: 102 }, 2 * count).map((normal, i) => {
    const at = places[shape](uniforms[i - (i % 2)], uniforms[i - (i % 2) + 1]);
    return at[i % 2] + blur * normal;
  });
}

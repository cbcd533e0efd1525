import { type Paths, shownPoints } from './path-ends.js';

/** Half the width of what is seen: the shape and most of the noise. */
const reach = 1.7;

/** The points of the shape faintly, paths as lines, their ends as dots; in the text colour of the canvas. */
export function drawPaths(canvas: HTMLCanvasElement, shape: Float32Array, paths: Paths): void {
  const context = canvas.getContext('2d')!;
  const place = (points: Float32Array, i: number): [number, number] => [
    (points[2 * i] / reach + 1) * 0.5 * canvas.width,
    (1 - points[2 * i + 1] / reach) * 0.5 * canvas.height,
  ];
  const dot = (points: Float32Array, i: number, radius: number): void => {
    context.beginPath();
    context.arc(...place(points, i), radius, 0, 2 * Math.PI);
    context.fill();
  };
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = context.strokeStyle = getComputedStyle(canvas).color;
  context.globalAlpha = 0.22;
  for (let i = 0; i < shape.length / 2; i++) dot(shape, i, 2);
  context.globalAlpha = 0.3;
  for (let i = 0; i < shownPoints; i++) {
    context.beginPath();
    for (const points of paths) context.lineTo(...place(points, i));
    context.stroke();
  }
  context.globalAlpha = 1;
  const ends = paths.at(-1);
  for (let i = 0; ends !== undefined && i < shownPoints; i++) dot(ends, i, 3.5);
}

export { withCommas } from '@tract/report';

/** Milliseconds for people. */
export function inTime(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toPrecision(3)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export const inSteps = (steps: number): string => (steps === 1 ? '1 step' : `${steps} steps`);
export const inImages = (images: number): string => (images === 1 ? 'one image' : `${images} images`);

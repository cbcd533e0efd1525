/** Write the whole number 1234567 as `1,234,567`. By itself: `Intl` takes longer to begin than a picture to be drawn. */
export const withCommas = (count: number): string => `${count}`.replace(/\B(?=(\d{3})+$)/g, ',');

/** Write `1 step`, `2 steps`. */
export const inSteps = (count: number): string => `${withCommas(count)} step${count === 1 ? '' : 's'}`;

/** Write a duration: 67,000 ms as `1:07`, 3,700,000 ms as `1:01:40`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** Write four significant digits, with a power of ten below 0.001 and from 100,000 on. */
export const significant = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential(2) : Number(value.toPrecision(4)).toString();

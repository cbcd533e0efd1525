import { type Curve, drawCurves } from '../distil/draw-curves.js';
import { button, canvas, write } from '../page/elements.js';
import { whenShown } from '../page/tabs.js';
import { inSteps, withCommas } from '../page/words.js';
import race from './race.json';

/** Time that the curves take to grow. */
const growMs = 5000;

const calls = (images: number): number => images * race.callsPerImage;
const curve = (points: readonly (readonly number[])[]): Curve['points'] => points.map(([images, distance]) => [calls(images), distance]);
const last = (points: readonly (readonly number[])[]): number => points[points.length - 1][1];

/** Show the recorded race of TRACT, halving and teacher at equal cost. */
export function openRace(): void {
  const { tract, halving } = race.students;
  const to = calls(race.images);
  const whole = race.teacher[race.teacher.length - 1];
  const level = (steps: number): Curve => {
    const distance = race.teacher.find(([known]) => known === steps)?.[1] ?? whole[1];
    return {
      name: `teacher, ${inSteps(steps)}`,
      points: [
        [0, distance],
        [to, distance],
      ],
      quiet: true,
    };
  };
  /** Share of the training whose course is shown. */
  let share = 1;
  const soFar = (points: readonly (readonly number[])[]): Curve['points'] => curve(points).filter(([at]) => at <= share * to);
  const show = (): void => {
    drawCurves(
      canvas('race'),
      [{ name: 'TRACT', points: soFar(tract.points) }, { name: 'halving', points: soFar(halving.points) }, ...[1, 8, 64].map(level)],
      { x: 'network calls of the training', y: 'distance', from: 0, to },
    );
  };
  write(
    'race-words',
    `After ${withCommas(to)} network calls (${withCommas(race.images)} images, seed ${race.seed}) one step of TRACT's student is at ${last(tract.points).toFixed(1)}, one of ` +
      `halving's at ${last(halving.points).toFixed(1)}, the teacher at ${race.teacher[0][1].toFixed(0)} in one step and at ${whole[1].toFixed(1)} in ${whole[0]}. ` +
      `Loss, optimizer and draws are the same; TRACT goes ${tract.schedule.join(' → ')}, halving ${halving.schedule.slice(0, 3).join(' → ')} → … → 1, ` +
      `each of whose ten students has its share of the images and inherits the errors of the one before. Distances from ${race.samples} digits, which makes them some points larger than from the usual 10,000.`,
  );
  let frame = 0;
  const grow = (): void => {
    cancelAnimationFrame(frame);
    const started = performance.now();
    const next = (now: number): void => {
      share = Math.min(1, Math.max(0, now - started) / growMs);
      show();
      if (share < 1) frame = requestAnimationFrame(next);
    };
    next(started);
  };
  button('race-again').addEventListener('click', grow);
  whenShown('distil', () => matchMedia('(prefers-reduced-motion: reduce)').matches || grow());
  new ResizeObserver(show).observe(canvas('race')); // also when the room is shown
}

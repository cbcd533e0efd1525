import { keepInAddress } from '../page/address.js';
import { button, input, select, write } from '../page/elements.js';
import { whenShown } from '../page/tabs.js';
import { drawIdea, ideaSize, stepAt } from './draw-idea.js';
import { type IdeaPhase, type IdeaTarget, targetAt } from './target-at.js';

const phases: Readonly<Record<string, IdeaPhase>> = {
  first: { teacherSteps: 1024, studentSteps: 32 },
  second: { teacherSteps: 32, studentSteps: 1 },
};
/** The group of the first phase that is shown: one in the middle, where most of an image appears. */
const shownGroup = 15;

/** Wire the drawing of the method: a phase, a start point in a group, and how what is known grows from the end of the group. */
export function openIdea(): void {
  const svg = document.querySelector<SVGSVGElement>('#idea-picture')!;
  svg.setAttribute('viewBox', `0 0 ${ideaSize.width} ${ideaSize.height}`);
  let timer: ReturnType<typeof setInterval> | undefined;
  let learned = 0;

  const show = (): void => {
    const phase = phases[select('phase').value];
    const steps = phase.teacherSteps / phase.studentSteps;
    const group = phase.studentSteps === 1 ? 0 : shownGroup;
    const target = targetAt(phase, group * steps + input('start-point').valueAsNumber);
    drawIdea(svg, phase, target, learned);
    const { from, next, end, share } = target;
    write('idea-teacher', `Teacher: one step, ${percent(share)} of the target`);
    write('idea-self', rest(target));
    write(
      'idea-words',
      next === end
        ? `From step ${from} of ${phase.teacherSteps} the group ends with the teacher's next step: the student learns just that.`
        : `From step ${from} of ${phase.teacherSteps} the teacher takes one step, to ${next}. From there the self-teacher, the student's own running average, ` +
            `jumps to the end of the group, ${end}. The student learns to land there from ${from} in a single jump.`,
    );
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    button('idea-play').textContent = 'Play';
  };
  const choose = (step: number): void => {
    input('start-point').valueAsNumber = step;
    show();
  };
  const chosen = (): void => {
    stop();
    learned = 0;
    show();
  };

  keepInAddress('idea', ['phase', 'start-point'], chosen);
  select('phase').addEventListener('change', chosen);
  input('start-point').addEventListener('input', () => {
    stop();
    show();
  });
  svg.addEventListener('pointermove', ({ clientX }) => {
    if (timer !== undefined) return;
    const { left, width } = svg.getBoundingClientRect();
    choose(stepAt((clientX - left) / width, 32));
  });
  button('idea-play').addEventListener('click', () => {
    if (timer !== undefined) {
      stop();
      return;
    }
    // What is known grows from the end: there the teacher's one step is all, and each point before builds on the next.
    learned = 0;
    button('idea-play').textContent = 'Stop';
    timer = setInterval(() => {
      learned++;
      choose(Math.max(0, 32 - learned));
      if (learned === 32) stop();
    }, 300);
  });
  whenShown('idea', show);
}

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

function rest({ next, end, share }: IdeaTarget): string {
  if (next === end) return 'Self-teacher: nothing is left to go';
  const left = end - next;
  return `Self-teacher: the other ${left === 1 ? 'step' : `${left} steps`} at once, ${percent(1 - share)}`;
}

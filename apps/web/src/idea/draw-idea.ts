import type { IdeaPhase, IdeaTarget } from './target-at.js';

/** Half the width on a phone, where the points of the whole would run into each other. */
const width = matchMedia('(max-width: 40rem)').matches ? 480 : 960;
const height = 210;
const edge = width / 24;
const whole = 34;
const zoom = 160;

const make = (tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  return made;
};

/** Place of step `at` of `steps` on the axis of a group. */
const placeInGroup = (at: number, steps: number): number => edge + (at / steps) * (width - 2 * edge);

/** The step of a group that a place of the picture, as a fraction of its width, is nearest to. */
export const stepAt = (fraction: number, steps: number): number =>
  Math.min(steps - 1, Math.max(0, Math.round(((fraction * width - edge) / (width - 2 * edge)) * steps)));

const arc = (from: number, to: number, rise: number): string => `M ${from} ${zoom} Q ${(from + to) / 2} ${zoom - 2 * rise} ${to} ${zoom}`;

/** Draw the axis of all steps with its groups, the group at hand magnified, and in it the target of one start point; `learned` steps at its end are known. */
export function drawIdea(svg: SVGSVGElement, { studentSteps }: IdeaPhase, target: IdeaTarget, learned: number): void {
  const { from, next, end, group, steps } = target;
  const first = group * steps;
  const at = (place: number): number => placeInGroup(place - first, steps);
  const groupWidth = (width - 2 * edge) / studentSteps;
  const [left, right] = [edge + group * groupWidth, edge + (group + 1) * groupWidth];
  const parts = [
    ...Array.from({ length: studentSteps }, (_, i) =>
      make('rect', {
        ...{ x: edge + i * groupWidth, y: whole - 26, width: Math.max(1, groupWidth - 2), height: 26 },
        class: i === group ? 'idea-group here' : 'idea-group',
      }),
    ),
    make('path', {
      d: `M ${left} ${whole + 4} L ${edge} ${zoom - 80} M ${right} ${whole + 4} L ${width - edge} ${zoom - 80}`,
      class: 'idea-lens',
    }),
    make('line', { x1: edge, y1: zoom, x2: width - edge, y2: zoom, class: 'idea-axis' }),
    ...Array.from({ length: steps + 1 }, (_, i) =>
      make('circle', { cx: placeInGroup(i, steps), cy: zoom, r: 4, class: i >= steps - learned ? 'idea-point known' : 'idea-point' }),
    ),
    make('path', { d: arc(at(from), at(end), 52), class: 'idea-jump' }),
    make('path', {
      d: `M ${at(from)} ${zoom + 22} L ${at(next)} ${zoom + 22}`,
      class: 'idea-teacher',
      'marker-end': 'url(#idea-head-teacher)',
    }),
    ...(next < end
      ? [
          make('path', {
            d: `M ${at(next)} ${zoom + 36} L ${at(end)} ${zoom + 36}`,
            class: 'idea-self',
            'marker-end': 'url(#idea-head-self)',
          }),
        ]
      : []),
    make('circle', { cx: at(from), cy: zoom, r: 8, class: 'idea-start' }),
  ];
  svg.replaceChildren(...[...svg.children].filter(({ tagName }) => ['defs', 'title'].includes(tagName)), ...parts);
}

export const ideaSize = { width, height };

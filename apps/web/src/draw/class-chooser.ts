import type { ModelFacts } from '../engine/draw-engine.js';
import { element, select } from '../page/elements.js';

/** Offer the classes of a model; hidden for a model of none. The class that was chosen stays if there is one of that number. */
export function offerClasses({ classes, classNames }: ModelFacts): void {
  const field = select('class');
  const before = field.value;
  const numbers = classes > 1 ? Array.from({ length: classes }, (_, i) => i) : [];
  field.replaceChildren(new Option('any', ''), ...numbers.map((i) => new Option(classNames?.[i] ?? `${i}`, `${i}`)));
  field.value = numbers.includes(Number(before)) ? before : '';
  element('class-label', HTMLElement).hidden = classes <= 1;
}

/** The class that is chosen; undefined for any. */
export const chosenClass = (): number | undefined => (select('class').value === '' ? undefined : Number(select('class').value));

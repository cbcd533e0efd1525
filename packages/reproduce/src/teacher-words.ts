import { withCommas } from '@tract/report';

/** What the words need of a teacher's description. */
type Teacher = {
  readonly network: { readonly channels: number; readonly channelMult: readonly number[]; readonly classes: number };
  readonly data: string;
  readonly recipe?: { readonly [name: string]: unknown };
};

/** Say what a teacher is: its network's size, and how it was trained. */
export function teacherWords({ network: { channels, channelMult, classes }, data, recipe = {} }: Teacher): string {
  const images = Number(recipe.imagesSeen ?? recipe.images);
  const trained = Number.isFinite(images) ? ` after ${withCommas(images)} images` : '';
  return `${channels} channels times ${channelMult.join(', ')}${classes > 1 ? `, ${classes} classes` : ''}, of ${data}${trained}`;
}

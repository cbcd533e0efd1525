import { existsSync, readdirSync } from 'node:fs';

/**
 * Return the CUDA card of a rank, as CUDA_VISIBLE_DEVICES names it: card `localRank` of those that the process may see, from the first again where there are more ranks than
 * cards; undefined where there is none.
 * @param visible names of cards with commas between them, such as a scheduler gives. Default: CUDA_VISIBLE_DEVICES, else all that NVIDIA's driver lists.
 */
export function cardOf(localRank: number, visible = process.env.CUDA_VISIBLE_DEVICES ?? allCards()): string | undefined {
  const cards = visible.split(',').filter((name) => name.trim() !== '');
  return cards.length === 0 ? undefined : cards[localRank % cards.length].trim();
}

const driver = '/proc/driver/nvidia/gpus';
const allCards = (): string => (existsSync(driver) ? readdirSync(driver).map((_, number) => number) : []).join(',');

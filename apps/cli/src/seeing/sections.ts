import { basename, resolve } from 'node:path';
import { clock, significant } from '../progress.js';
import { withCommas } from '../quantity.js';
import { curve } from './curves.js';
import { type Html, html, raw } from './html.js';
import type { RunRecord } from './run-record.js';
import { type Grid, readGrid } from './sample-grids.js';
import { measures, type StatsLine } from './stats-line.js';

export const nameOf = ({ run }: RunRecord): string => basename(resolve(run));

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Names and values as a table of two columns. */
export const table = (values: Readonly<Record<string, unknown>>): Html =>
  html`<table>${Object.entries(values).map(([name, value]) => html`<tr><th>${name}</th><td>${show(value)}</td></tr>`)}</table>`;

export const image = (png: Uint8Array, caption: string): Html =>
  html`<figure><img src="data:image/png;base64,${Buffer.from(png).toString('base64')}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`;

/** What the run is, and where it stands. */
export function heading(record: RunRecord): Html {
  const { command, settings, lines } = record;
  const last = lines.at(-1);
  const total = Number(settings.images);
  const what = command === 'train' ? `A teacher of ${settings.data}` : `A student of ${settings.teacher} by ${settings.method}`;
  return html`<h1>${nameOf(record)}</h1>
<p class="lead">${what}. ${last ? html`${withCommas(last.images)} of ${withCommas(total)} training images after ${clock(1000 * last.seconds)} of work; last heard of ${last.time}.` : 'No update has been logged yet.'}</p>
<progress max="${total}" value="${last?.images ?? 0}"></progress>
${last && table({ ...(last.phase && { phase: last.phase }), update: withCommas(last.step), loss: significant(last.loss), 'gradient norm': significant(last.gradNorm), 'images a second': significant(last.imagesPerSecond), 'time left': clock((1000 * Math.max(0, total - last.images)) / last.imagesPerSecond), ...dataFacts(last), memory: `${Math.round(last.rssBytes / 2 ** 20)} MB` })}`;
}

const dataFacts = ({ dataWait, badSamples }: StatsLine): Readonly<Record<string, string>> => ({
  ...(dataWait !== undefined && { 'waiting for data': `${(100 * dataWait).toFixed(1)}% of the time` }),
  ...(badSamples !== undefined && { 'images passed over': withCommas(badSamples) }),
});

/** The numbers of the log over the images seen. */
export function curves({ lines }: RunRecord): Html | undefined {
  const names = Object.keys(measures) as (keyof typeof measures)[];
  const drawn = names.flatMap((name) => curve(lines, name) ?? []);
  return drawn.length === 0 ? undefined : html`<h2>Curves</h2><div class="row wide">${drawn.map(raw)}</div>`;
}

/** Pictures that were drawn on the way. */
export const pictures = (title: string, grids: readonly Grid[]): Html | undefined =>
  grids.length === 0
    ? undefined
    : html`<h2>${title}</h2><div class="row">${grids.map((grid) => image(readGrid(grid).picture.png, `after ${withCommas(grid.step)} updates`))}</div>`;

export const settingsTable = ({ settings }: RunRecord): Html => html`<h2>Configuration</h2>${table(settings)}`;

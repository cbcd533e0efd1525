import { clock, significant, withCommas } from './format-numbers.js';
import { type Html, html, raw } from './html.js';
import { runCurve } from './run-curves.js';
import { type LogLine, measures, type RunRecord, type SampleGrid } from './run-record.js';

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Lay out names and values as a table of two columns. */
export const table = (values: Readonly<Record<string, unknown>>): Html =>
  html`<table>${Object.entries(values).map(([name, value]) => html`<tr><th>${name}</th><td>${show(value)}</td></tr>`)}</table>`;

/** Embed a PNG with its caption. */
export const image = (png: Uint8Array, caption: string): Html =>
  html`<figure><img src="data:image/png;base64,${base64(png)}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`;

/** Bytes of one call of String.fromCharCode: engines limit the arguments. A multiple of 3, so that no padding falls between slices. */
const slice = 3 * 2 ** 12;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += slice) text += btoa(String.fromCharCode(...bytes.subarray(at, at + slice)));
  return text;
}

/** Say what the run trains and how far it is. */
export function heading({ name, command, settings, lines }: RunRecord): Html {
  const last = lines.at(-1);
  const total = settings.images;
  const what =
    command === 'train' ? `A teacher of ${show(settings.data)}` : `A student of ${show(settings.teacher)} by ${show(settings.method)}`;
  return html`<h1>${name}</h1>
<p class="lead">${what}. ${last ? html`${withCommas(last.images)} of ${withCommas(total)} training images after ${clock(1000 * last.seconds)} of work; last heard of ${last.time}.` : 'No update has been logged yet.'}</p>
<progress max="${total}" value="${last?.images ?? 0}"></progress>
${last && table(standing(last, total))}`;
}

const standing = (last: LogLine, total: number): Readonly<Record<string, string>> => ({
  ...(last.phase && { phase: last.phase }),
  update: withCommas(last.step),
  loss: significant(last.loss),
  'gradient norm': significant(last.gradNorm),
  'images a second': significant(last.imagesPerSecond),
  'time left': clock((1000 * Math.max(0, total - last.images)) / last.imagesPerSecond),
  ...(last.dataWait !== undefined && { 'waiting for data': `${(100 * last.dataWait).toFixed(1)}% of the time` }),
  ...(last.badSamples !== undefined && { 'images passed over': withCommas(last.badSamples) }),
  ...(last.rssBytes !== undefined && { memory: `${Math.round(last.rssBytes / 2 ** 20)} MB` }),
});

/** Plot every number of the log over the images seen; undefined for an empty log. */
export function curves({ lines }: RunRecord): Html | undefined {
  const names = Object.keys(measures) as (keyof typeof measures)[];
  const drawn = names.flatMap((name) => runCurve(lines, name) ?? []);
  return drawn.length === 0 ? undefined : html`<h2>Curves</h2><div class="row wide">${drawn.map(raw)}</div>`;
}

/** Show sample grids under a title; undefined for none. */
export const pictures = (title: string, grids: readonly SampleGrid[]): Html | undefined =>
  grids.length === 0
    ? undefined
    : html`<h2>${title}</h2><div class="row">${grids.map(({ step, png }) => image(png(), `after ${withCommas(step)} updates`))}</div>`;

/** List the settings of the run. */
export const settingsTable = ({ settings }: RunRecord): Html => html`<h2>Configuration</h2>${table(settings)}`;

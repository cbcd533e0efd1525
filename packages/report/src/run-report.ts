import { inSteps, withCommas } from './format-numbers.js';
import { type Html, html } from './html.js';
import { page } from './page.js';
import type { RunRecord, SampleGrid } from './run-record.js';
import { curves, heading, image, pictures, settingsTable, table } from './run-sections.js';

/** Samples of a model in a number of sampling steps. */
export type Drawing = {
  readonly model: 'teacher' | 'student';
  readonly steps: number;
  /** Network calls for one image. */
  readonly nfe: number;
  readonly png: Uint8Array;
  /** Fréchet distance, if it was measured. */
  readonly score?: number;
};

/** Content of a report besides the record of the run. */
export type ReportFacts = {
  readonly drawings: readonly Drawing[];
  /** Seed of the noise of all drawings. */
  readonly seed: number;
  /** Circumstances of the scores; absent if there are none. */
  readonly scored?: { readonly extractor: string; readonly reference: string; readonly samples: number };
  /** Sentences on what could not be shown, and why. */
  readonly notes: readonly string[];
  /** The command that repeats the run. */
  readonly repeat: string;
};

/** Most sample grids of the course of the run. */
const mostGrids = 6;

/** Build one self-contained HTML page on a run: samples, scores, curves, sample grids, the command that repeats it, settings, machine. */
export const runReport = (record: RunRecord, facts: ReportFacts): string =>
  page(
    `${record.name}, tract ${record.command}`,
    html`${heading(record)}
${facts.notes.map((note) => html`<p>${note}</p>`)}
${samples(facts)}
${scores(facts)}
${curves(record)}
${pictures('On the way', spread(record.grids, mostGrids))}
<h2>To repeat it</h2>
<pre>${facts.repeat}</pre>
${settingsTable(record)}
<h2>Environment</h2>
${table({ ...record.environment, report: new Date().toISOString() })}`,
  );

const samples = ({ drawings, seed }: ReportFacts): Html =>
  html`<h2>Samples</h2>
<p>Each picture begins from the same noise, of seed ${seed}.</p>
<div class="row">${drawings.map(({ model, steps, nfe, png }) => image(png, `${model}, ${inSteps(steps)} (${withCommas(nfe)} network call${nfe === 1 ? '' : 's'})`))}</div>`;

function scores({ drawings, scored }: ReportFacts): Html | undefined {
  if (!scored) return undefined;
  const steps = [...new Set(drawings.map((drawing) => drawing.steps))].sort((a, b) => a - b);
  const models = [...new Set(drawings.map((drawing) => drawing.model))];
  const cell = (model: string, count: number): Html =>
    html`<td>${drawings.find((drawing) => drawing.model === model && drawing.steps === count)?.score?.toFixed(2)}</td>`;
  return html`<h2>Scores</h2>
<p>Fréchet distance to ${scored.reference} in the features of ${scored.extractor}, over ${withCommas(scored.samples)} samples; lower is better.</p>
<table><tr><th>steps</th>${steps.map((count) => html`<th>${withCommas(count)}</th>`)}</tr>
${models.map((model) => html`<tr><th>${model}</th>${steps.map((count) => cell(model, count))}</tr>`)}</table>`;
}

/** Choose at most `most` grids, evenly spread, the last one included. */
const spread = (grids: readonly SampleGrid[], most: number): readonly SampleGrid[] =>
  grids.length <= most ? grids : Array.from({ length: most }, (_, i) => grids[Math.round(((i + 1) * grids.length) / most) - 1]);

import { commandOf } from '../card-command.js';
import { distillPresets, trainPresets } from '../presets.js';
import { inSteps, withCommas } from '../quantity.js';
import { type Html, html } from './html.js';
import { page } from './page.js';
import type { RunRecord } from './run-record.js';
import type { Grid } from './sample-grids.js';
import { curves, heading, image, nameOf, pictures, settingsTable, table } from './sections.js';

/** What a model drew in so many steps. */
export type Drawing = {
  readonly model: 'teacher' | 'student';
  readonly steps: number;
  /** Network calls for one image. */
  readonly nfe: number;
  readonly png: Uint8Array;
  /** Fréchet distance, where it was measured. */
  readonly score?: number;
};

/** What a report says besides what the run folder holds. */
export type ReportFacts = {
  readonly drawings: readonly Drawing[];
  readonly seed: number;
  /** What the scores are measured in and over. */
  readonly scored?: { readonly extractor: string; readonly reference: string; readonly samples: number };
  /** What could not be shown, and why. */
  readonly notes: readonly string[];
};

/** One self-contained page on a run. */
export const reportPage = (record: RunRecord, facts: ReportFacts): string =>
  page(
    `${nameOf(record)}, tract ${record.command}`,
    html`${heading(record)}
${facts.notes.map((note) => html`<p>${note}</p>`)}
${drawn(facts)}
${scores(facts)}
${curves(record)}
${pictures('On the way', spread(record.grids, 6))}
<h2>To repeat it</h2>
${repeat(record)}
${settingsTable(record)}
<h2>Environment</h2>
${table({ ...record.environment, report: new Date().toISOString() })}`,
  );

const drawn = ({ drawings, seed }: ReportFacts): Html =>
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

const repeat = ({ command, settings }: RunRecord): Html =>
  html`<pre>${commandOf(command, command === 'train' ? trainPresets : distillPresets, settings)}</pre>`;

/** At most so many, evenly spread, the last one among them. */
const spread = (grids: readonly Grid[], most: number): readonly Grid[] =>
  grids.length <= most ? grids : Array.from({ length: most }, (_, i) => grids[Math.round(((i + 1) * grids.length) / most) - 1]);

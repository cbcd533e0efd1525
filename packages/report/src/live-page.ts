import { type Html, html } from './html.js';
import { page } from './page.js';
import type { RunRecord } from './run-record.js';
import { curves, heading, pictures, settingsTable } from './run-sections.js';

/** Script of the live page: fetches `/view` every two seconds and shows it when its ETag has changed. */
export const liveScript = `
let seen;
async function refresh() {
  try {
    const response = await fetch('/view', { cache: 'no-cache' });
    const tag = response.headers.get('etag');
    if (tag === null || tag !== seen) document.querySelector('main').innerHTML = await response.text();
    seen = tag;
  } catch {
    document.querySelector('.lead').textContent = 'tract watch has ended; this page no longer changes.';
  }
  setTimeout(refresh, 2000);
}
refresh();
`;

/** Build the live page of a run; its server answers `/view` with `liveView` and allows `liveScript` by hash. */
export const livePage = (record: RunRecord): string => page(record.name, liveView(record), { script: liveScript });

/** Build the part of the live page that changes: progress, curves, the last sample grid, settings. */
export const liveView = (record: RunRecord): Html => html`${heading(record)}
${curves(record)}
${pictures('Samples', record.grids.slice(-1))}
${settingsTable(record)}`;

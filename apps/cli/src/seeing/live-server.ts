import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { usageError } from '../errors.js';
import { statsPath } from '../run-folder.js';
import { html } from './html.js';
import { page, pagePolicy } from './page.js';
import { type RunRecord, readRun } from './run-record.js';
import { listGrids } from './sample-grids.js';
import { curves, heading, nameOf, pictures, settingsTable } from './sections.js';

export type LiveServer = { readonly url: string; readonly close: () => Promise<void> };

/** Asks for the view every two seconds and shows it when it has changed. */
const script = `
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

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `${pagePolicy}; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/**
 * Serves a page that follows a run, to this machine alone: on 127.0.0.1, to GET, and only under that name, so that no page of another
 * site can have a browser read it. Port 0 is any free one.
 * @throws CliError (usage) when the port is not free.
 */
export async function serveRun(run: string, port: number): Promise<LiveServer> {
  const server = createServer((request, response) => {
    const { status, body, more } = replyTo(run, (server.address() as AddressInfo).port, request);
    response.writeHead(status, { ...headers, ...more }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  }).catch((error: Error) => {
    throw usageError(`--port ${port} cannot be listened on: ${error.message}; choose another one, or 0 for any`);
  });
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

type Reply = { readonly status: number; readonly body?: string; readonly more?: Readonly<Record<string, string>> };

function replyTo(run: string, port: number, { method, url, headers: asked }: IncomingMessage): Reply {
  if (asked.host !== `127.0.0.1:${port}` && asked.host !== `localhost:${port}`)
    return { status: 403, body: 'this is served to 127.0.0.1 only\n' };
  if (method !== 'GET') return { status: 405, body: 'only GET is answered\n', more: { Allow: 'GET' } };
  if (url !== '/' && url !== '/view') return { status: 404, body: 'there is nothing here but /\n' };
  const more = { ETag: tagOf(run) };
  if (asked['if-none-match'] === more.ETag) return { status: 304, more };
  try {
    const record = readRun(run);
    return { status: 200, body: url === '/' ? page(nameOf(record), view(record), { script }) : view(record).html, more };
  } catch (error) {
    return { status: 500, body: html`<p class="lead">${(error as Error).message}</p>`.html };
  }
}

const view = (record: RunRecord) => html`${heading(record)}
${curves(record)}
${pictures('Samples', record.grids.slice(-1))}
${settingsTable(record)}`;

/** Changes when the log grows or is cut, or a grid is drawn. */
function tagOf(run: string): string {
  const { size, mtimeMs } = existsSync(statsPath(run)) ? statSync(statsPath(run)) : { size: 0, mtimeMs: 0 };
  return `"${size}-${mtimeMs}-${listGrids(run).at(-1)?.step ?? 0}"`;
}

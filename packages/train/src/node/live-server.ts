import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { html, livePage, liveScript, liveView, pagePolicy } from '@tract/report';
import { runLogPath } from './run-log.js';
import { readRun } from './run-record.js';
import { listGrids } from './sample-grids.js';

export type LiveServer = { readonly url: string; readonly close: () => Promise<void> };

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `${pagePolicy}; script-src 'sha256-${createHash('sha256').update(liveScript).digest('base64')}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/**
 * Serve the live page of a run on 127.0.0.1, to GET and under that host name only, so that no page of another site can make a browser
 * read it. Port 0: any free one.
 * @throws the operating system's error for a port that cannot be listened on.
 */
export async function serveRun(run: string, port: number): Promise<LiveServer> {
  const server = createServer((request, response) => {
    const { status, body, more } = replyTo(run, (server.address() as AddressInfo).port, request);
    response.writeHead(status, { ...headers, ...more }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
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
    return { status: 200, body: url === '/' ? livePage(record) : liveView(record).html, more };
  } catch (error) {
    return { status: 500, body: html`<p class="lead">${(error as Error).message}</p>`.html };
  }
}

/** Return an ETag that changes when the log grows or is cut, or a sample grid is drawn. */
function tagOf(run: string): string {
  const { size, mtimeMs } = existsSync(runLogPath(run)) ? statSync(runLogPath(run)) : { size: 0, mtimeMs: 0 };
  return `"${size}-${mtimeMs}-${listGrids(run).at(-1)?.step ?? 0}"`;
}

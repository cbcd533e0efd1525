import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** A link between server and browser. */
type Link = { readonly bitsPerSecond: number; readonly latencyMs: number };

/** Bytes that go at once where a link is limited. */
const packet = 16_384;

/** A server whose answers can be spoilt and counted. */
export type Served = {
  readonly url: string;
  /** Bytes of all answers so far, as they went over the wire. */
  readonly sent: () => number;
  /** Change the last byte of the files whose path holds this text from now on. */
  readonly spoil: (part: string | undefined) => void;
  /** Send half of the files whose path holds this text, and the rest once the function that is returned is called. */
  readonly holdBack: (part: string) => () => void;
  /** Send over a link of this speed, which all answers share, and so late each way, from now on. */
  readonly limit: (link: Link) => void;
  readonly close: () => void;
};

/** Serve the files of a folder on a free port of this machine, as any static server would: programs and text packed, no header that isolates a page. */
export async function serveFolder(folder: string): Promise<Served> {
  let sent = 0;
  let spoilt: string | undefined;
  let held: { readonly part: string; readonly until: Promise<void> } | undefined;
  let link: Link = { bitsPerSecond: Number.POSITIVE_INFINITY, latencyMs: 0 };
  let freeAt = 0;
  const send = async (response: ServerResponse, bytes: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes.length; from += packet) {
      const part = bytes.subarray(from, from + packet);
      freeAt = Math.max(freeAt, performance.now()) + (8000 * part.length) / link.bitsPerSecond;
      if (freeAt > performance.now()) await sleep(freeAt - performance.now());
      response.write(part);
    }
  };
  const server = createServer(async ({ url = '/' }, response) => {
    const asked = normalize(new URL(url, 'http://localhost').pathname);
    const path = asked === '/' ? '/index.html' : asked;
    try {
      const file = await readFile(join(folder, path));
      if (spoilt !== undefined && path.includes(spoilt)) file[file.length - 1] ^= 1;
      const type = types[extname(path)];
      if (link.latencyMs > 0) await sleep(2 * link.latencyMs); // asked and answered
      const body = type ? gzipSync(file) : file;
      sent += body.length;
      response.writeHead(200, { 'content-type': type ?? 'application/octet-stream', ...(type && { 'content-encoding': 'gzip' }) });
      const half = held && path.includes(held.part) ? body.length >> 1 : 0;
      if (half > 0) {
        await send(response, body.subarray(0, half));
        await held?.until;
      }
      await send(response, body.subarray(half));
      response.end();
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    sent: () => sent,
    spoil: (part) => {
      spoilt = part;
    },
    holdBack: (part) => {
      let release!: () => void;
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      held = { part, until };
      return () => {
        held = undefined;
        release();
      };
    },
    limit: (slow) => {
      link = slow;
    },
    close: () => server.close(),
  };
}

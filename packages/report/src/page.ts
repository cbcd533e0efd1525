import { type Html, html, raw } from './html.js';

const style = raw(`
:root { color-scheme: light dark; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0; --paper: #fff; --raised: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --muted: #9198a1; --line: #3d444d; --paper: #0d1117; --raised: #151b23; } }
body { max-width: 68rem; margin: 2.5rem auto; padding: 0 1.5rem; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { margin: 0 0 .3rem; font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.4rem 0 .8rem; padding-bottom: .3rem; font-size: 1.2rem; border-bottom: 1px solid var(--line); }
p { max-width: 46rem; } .lead, figcaption { color: var(--muted); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem 1.5rem .25rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; }
pre { overflow-x: auto; padding: .8rem 1rem; font-size: .875rem; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.2rem; }
.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); }
figure { margin: 0; } figure img { max-width: 100%; image-rendering: pixelated; border-radius: 3px; }
.plot { display: block; width: 100%; height: auto; color: var(--ink); } .plot .paper { fill: none; }
progress { width: 100%; accent-color: #0072b2; }
`);

export type PageOptions = {
  /** Source of the page's only script, which runs after the body is there. Default: no script at all. */
  readonly script?: string;
};

/** Build a self-contained page: it refers to nothing outside, and its content security policy forbids that. With a script, the server must send the policy. */
export const page = (title: string, body: Html, { script }: PageOptions = {}): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${script === undefined ? raw(`<meta http-equiv="Content-Security-Policy" content="${pagePolicy}">`) : undefined}
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? undefined : raw(`<script>${script}</script>`)}
</body>
</html>
`.html;

/** Content security policy of a page without a script: inline styles and embedded images only. */
export const pagePolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

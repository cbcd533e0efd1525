import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pages } from './pages.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const placeOf = new Map(pages.flatMap(({ path, from, section }) => (section ? [] : [[from, path]])));
placeOf.set('README.md', 'index');

const link = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g;

/** Links of a file become links of the site; pictures come along; what the site has no page for becomes its path. */
function relinked(text, from, pictures) {
  return text.replace(link, (whole, bang, label, target) => {
    if (/^(https?:|#|mailto:|\/)/.test(target)) return whole;
    const [path, hash = ''] = target.split('#');
    const file = posix.normalize(posix.join(posix.dirname(from), path)).replace(/\/$/, '');
    if (bang) {
      pictures.add(file);
      return `![${label}](/${file})`;
    }
    const page = placeOf.get(file) ?? placeOf.get(`${file}/README.md`);
    if (page !== undefined) return `[${label}](/${page === 'index' ? '' : page}${hash && `#${hash}`})`;
    return label.includes(posix.basename(file)) ? `\`${file}\`` : `${label} (\`${file}\`)`;
  });
}

/** Do it outside code, where brackets are code. */
const outsideCode = (text, change) =>
  text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) => (part.startsWith('```') ? part : change(part)))
    .join('');

function sectionOf(text, title) {
  const after = text.split(`\n## ${title}\n`)[1];
  if (after === undefined) throw new Error(`docs: no section '${title}'`);
  return `# ${title}\n${after.split('\n## ')[0]}`;
}

/** Write the Markdown of every page into a folder, from the files that say it. */
export function stagePages(folder) {
  const pictures = new Set();
  for (const { title, path, from, section } of pages) {
    const text = readFileSync(join(root, from), 'utf8');
    const own = section ? sectionOf(text, section) : text;
    const staged = outsideCode(own, (part) => relinked(part, from, pictures));
    const to = join(folder, `${path}.md`);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, staged.startsWith('---\n') ? staged : `---\ntitle: ${JSON.stringify(title)}\n---\n\n${staged}`);
  }
  for (const picture of pictures) {
    mkdirSync(join(folder, 'public', dirname(picture)), { recursive: true });
    copyFileSync(join(root, picture), join(folder, 'public', picture));
  }
}

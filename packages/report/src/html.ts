/** Markup, as opposed to text that has yet to be escaped. */
export type Html = { readonly html: string };

/** Mark text as markup, which is inserted as it is. */
export const raw = (text: string): Html => ({ html: text });

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

type Content = string | number | Html | readonly Html[] | undefined;

const render = (content: Content): string => {
  if (content === undefined) return '';
  if (typeof content !== 'object') return String(content).replace(/[&<>"']/g, (character) => escapes[character]);
  return 'html' in content ? content.html : content.map(render).join('\n');
};

/** Build markup from a template: text and numbers are escaped, markup is inserted as it is, undefined as nothing. */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Html =>
  raw(parts.map((part, i) => (i === 0 ? part : `${render(contents[i - 1])}${part}`)).join(''));

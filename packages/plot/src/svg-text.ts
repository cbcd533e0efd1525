const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escape words for an SVG element or attribute. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]);

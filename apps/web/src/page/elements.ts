/** The element of the page with this id. @throws Error when the page has none of this kind, which is a mistake in index.html. */
export function element<E extends HTMLElement>(id: string, kind: { new (): E; readonly name: string }): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page needs a ${kind.name} with id '${id}'`);
  return found;
}

export const button = (id: string): HTMLButtonElement => element(id, HTMLButtonElement);
export const canvas = (id: string): HTMLCanvasElement => element(id, HTMLCanvasElement);
export const input = (id: string): HTMLInputElement => element(id, HTMLInputElement);
export const select = (id: string): HTMLSelectElement => element(id, HTMLSelectElement);
export const output = (id: string): HTMLOutputElement => element(id, HTMLOutputElement);
export const progress = (id: string): HTMLProgressElement => element(id, HTMLProgressElement);

/** Put text where it is seen and read out. */
export function write(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}

/** Set whether screen readers read a text out when it changes; not while it counts. */
export function readOut(id: string, isRead: boolean): void {
  element(id, HTMLElement).ariaLive = isRead ? 'polite' : 'off';
}

/** The one line that says how the page is, read out by screen readers; a failure stands out. */
export function say(text: string, { failed = false } = {}): void {
  write('status', text);
  element('status', HTMLElement).classList.toggle('failed', failed);
}

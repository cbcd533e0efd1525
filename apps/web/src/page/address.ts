import { element } from './elements.js';

/** A control whose value stands in the address. */
type Field = HTMLInputElement | HTMLSelectElement;

/** How a field's value stands in the address. */
export type Code = { readonly write: (value: string) => string; readonly read: (text: string) => string };
/** Fields of one part of a room. */
type Part = { readonly fields: readonly Field[]; readonly apply: () => void; readonly codes: Readonly<Record<string, Code>> };

const rooms = new Map<string, Part[]>();
const plain: Code = { write: (value) => value, read: (text) => text };

const fieldOf = (id: string): Field => {
  const found = element(id, HTMLElement);
  if (!(found instanceof HTMLInputElement || found instanceof HTMLSelectElement)) throw new Error(`'${id}' is no field`);
  return found;
};

const initial = new WeakMap<Field, string>();

/** The room of an address that names none, such as that of a first visit. */
const firstRoom = 'draw';

/** Split the address: `#draw?seed=2` is the room draw and its fields. */
export function address(): { readonly room: string; readonly values: URLSearchParams } {
  const [room, query] = location.hash.slice(1).split('?');
  return { room: room || firstRoom, values: new URLSearchParams(query) };
}

/** Write a room and its fields into the address, those apart that are as the page has them; a new entry of the history if it is another address. */
export function writeAddress(room: string): void {
  const values = new URLSearchParams();
  for (const { fields, codes } of rooms.get(room) ?? [])
    for (const field of fields) if (field.value !== initial.get(field)) values.set(field.id, (codes[field.id] ?? plain).write(field.value));
  const hash = `#${room}${values.size > 0 ? `?${values}` : ''}`;
  if (hash !== location.hash) history.pushState(null, '', hash);
}

/** Take fields from the address. A value that a field cannot have leaves it as the page has it. @returns true if one has changed. */
function takeFields({ fields, codes }: Part): boolean {
  const { values } = address();
  const before = fields.map(({ value }) => value);
  for (const field of fields) {
    const [text, otherwise] = [values.get(field.id), initial.get(field) ?? ''];
    const wanted = text === null ? otherwise : (codes[field.id] ?? plain).read(text);
    field.value = wanted;
    if (!field.checkValidity() || field.value !== wanted) field.value = otherwise;
  }
  return fields.some(({ value }, i) => value !== before[i]);
}

/** Keep fields of a room in the address: taken from it now, written when one changes. When Back and Forward change one of them, `apply` is called. */
export function keepInAddress(room: string, ids: readonly string[], apply: () => void, codes: Readonly<Record<string, Code>> = {}): void {
  const fields = ids.map(fieldOf);
  for (const field of fields) initial.set(field, field.value);
  const part = { fields, apply, codes };
  rooms.set(room, [...(rooms.get(room) ?? []), part]);
  if (address().room === room) takeFields(part);
  for (const field of fields) field.addEventListener('change', () => field.checkValidity() && writeAddress(room));
}

/** Follow Back, Forward and an address typed by hand: `show` is called with a room, whose fields are then taken. */
export function followAddress(show: (room: string) => boolean): void {
  addEventListener('popstate', () => {
    const { room } = address();
    if (!show(room)) return;
    for (const part of rooms.get(room) ?? []) if (takeFields(part)) part.apply();
  });
}

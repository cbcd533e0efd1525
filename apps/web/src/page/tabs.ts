import { address, followAddress, writeAddress } from './address.js';
import { button, element } from './elements.js';

/**
 * Wire the rooms as tabs: one is shown, arrow keys, Home and End go round; Back and Forward go through those that were shown. Source of the
 * behaviour: WAI-ARIA Authoring Practices, Tabs.
 * @returns a function that shows a room.
 */
export function openTabs(rooms: readonly string[]): (room: string) => void {
  const tabs = rooms.map((room) => button(`tab-${room}`));
  const show = (room: string): boolean => {
    const chosen = tabs[rooms.indexOf(room)];
    if (chosen === undefined) return false;
    tabs.forEach((tab, i) => {
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      element(rooms[i], HTMLElement).hidden = tab !== chosen;
    });
    dispatchEvent(new CustomEvent('room', { detail: room }));
    return true;
  };
  const go = (room: string): void => {
    if (show(room)) writeAddress(room);
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => go(rooms[i]));
    tab.addEventListener('keydown', ({ key }) => {
      const next = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: -1 }[key];
      const target = next === undefined ? undefined : tabs.at(next % tabs.length);
      if (target === undefined) return;
      go(rooms[tabs.indexOf(target)]);
      target.focus();
    });
  });
  followAddress(show);
  show(address().room);
  return go;
}

/** Call `open` the first time that a room is shown. */
export function whenShown(room: string, open: () => void): void {
  if (!element(room, HTMLElement).hidden) {
    open();
    return;
  }
  const listener = (event: Event): void => {
    if ((event as CustomEvent<string>).detail !== room) return;
    removeEventListener('room', listener);
    open();
  };
  addEventListener('room', listener);
}

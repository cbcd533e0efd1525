import { button, element } from './elements.js';

/** The rooms as tabs: one is shown, arrow keys, Home and End go round. Source of the behaviour: WAI-ARIA Authoring Practices, Tabs. */
export function openTabs(rooms: readonly string[]): void {
  const tabs = rooms.map((room) => button(`tab-${room}`));
  const order = [...tabs].sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  const show = (chosen: HTMLButtonElement): void => {
    tabs.forEach((tab, i) => {
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      element(rooms[i], HTMLElement).hidden = tab !== chosen;
    });
    history.replaceState(null, '', `#${rooms[tabs.indexOf(chosen)]}`);
  };
  order.forEach((tab, i) => {
    tab.addEventListener('click', () => show(tab));
    tab.addEventListener('keydown', ({ key }) => {
      const next = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: -1 }[key];
      const target = next === undefined ? undefined : order.at(next % order.length);
      if (target === undefined) return;
      show(target);
      target.focus();
    });
  });
  const asked = tabs[rooms.indexOf(location.hash.slice(1))];
  if (asked !== undefined) show(asked);
}

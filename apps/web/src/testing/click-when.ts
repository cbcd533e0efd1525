/** What is waited for, and the button that is then clicked. */
type Moment = {
  /** Selector of an element that is to be there. */
  readonly there: string;
  /** Pattern that its text is to fit. Default: any. */
  readonly fits?: string;
  readonly button: string;
};

/**
 * Click a button as soon as an element is there and fits, in the page itself: a test that looks and then clicks may find that what it wanted to
 * stop has come to its end. An engine that waits until the page has shown something hears of the click before it goes on. To be evaluated in the page.
 */
export function clickWhen({ there, fits = '', button }: Moment): void {
  const observer = new MutationObserver(() => {
    const text = document.querySelector(there)?.textContent;
    if (typeof text !== 'string' || !new RegExp(fits).test(text)) return;
    observer.disconnect();
    document.getElementById(button)!.click();
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
}

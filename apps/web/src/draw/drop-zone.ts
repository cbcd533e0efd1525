/** Take files that are dropped anywhere: a browser would leave the page for those that nobody takes. */
export function openDropZone(zone: HTMLElement, take: (files: readonly File[]) => void): void {
  addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  addEventListener('dragleave', () => zone.classList.remove('over'));
  addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (event.dataTransfer !== null && event.dataTransfer.files.length > 0) take([...event.dataTransfer.files]);
  });
}

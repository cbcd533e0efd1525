/** Hand a file to the visitor. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Make a canvas a PNG whose longer side has about `pixels`, each of its own pixels a square of whole ones; 0 leaves it as it is. */
export async function pngOf(canvas: HTMLCanvasElement, pixels: number): Promise<Blob> {
  const factor = Math.max(1, Math.round(pixels / Math.max(canvas.width, canvas.height)));
  const large = new OffscreenCanvas(canvas.width * factor, canvas.height * factor);
  const context = large.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large.convertToBlob({ type: 'image/png' });
}

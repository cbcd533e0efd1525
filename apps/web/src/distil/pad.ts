import { inGrey, pictureSize } from './own-pictures.js';

/** A canvas to draw on with pointer or finger, white on black as digits are. */
export type Pad = {
  /** Return what is drawn as a picture; undefined where there is nothing. */
  readonly picture: () => Uint8Array<ArrayBuffer> | undefined;
  readonly clear: () => void;
};

/** Make a canvas a pad. `drawn` is called after each stroke. */
export function openPad(canvas: HTMLCanvasElement, drawn: () => void): Pad {
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  let isEmpty = true;
  const clear = (): void => {
    isEmpty = true;
    context.fillStyle = 'black';
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  const placeOf = ({ clientX, clientY }: PointerEvent): [number, number] => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) * canvas.width) / width, ((clientY - top) * canvas.height) / height];
  };
  const stroke = (event: PointerEvent): void => {
    context.lineTo(...placeOf(event));
    context.stroke();
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    Object.assign(context, { strokeStyle: 'white', lineCap: 'round', lineJoin: 'round', lineWidth: canvas.width / 11 });
    context.beginPath();
    context.moveTo(...placeOf(event));
    stroke(event); // a touch alone is a dot
  });
  canvas.addEventListener('pointermove', (event) => canvas.hasPointerCapture(event.pointerId) && stroke(event));
  // However a stroke ends: a system that takes a touch away, as for a gesture of its own, leaves what has been drawn.
  canvas.addEventListener('lostpointercapture', () => {
    isEmpty = false;
    drawn();
  });
  clear();
  return {
    picture: () => {
      if (isEmpty) return undefined;
      const small = new OffscreenCanvas(pictureSize, pictureSize).getContext('2d', { willReadFrequently: true })!;
      small.imageSmoothingQuality = 'high';
      small.drawImage(canvas, 0, 0, pictureSize, pictureSize);
      return inGrey(small.getImageData(0, 0, pictureSize, pictureSize).data);
    },
    clear,
  };
}

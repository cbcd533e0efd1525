/**
 * One image from planes of colour, [channels, height, width], to pixels, [height, width, channels]: the order that networks take here.
 * CIFAR-10 and the ImageNet64 batches keep planes.
 */
export function pixelsOfPlanes(planes: Uint8Array, channels: number): Uint8Array {
  const area = planes.length / channels;
  const pixels = new Uint8Array(planes.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < area; i++) pixels[i * channels + channel] = planes[channel * area + i];
  }
  return pixels;
}

import { loadModel, type StoredModel } from '@tract/model';
import { type OnArrived, shippedFile } from './shipped-file.js';

/** Fetch a model that came with the page. @throws Error as `shippedFile` does */
export const shippedModel = async (name: string, base: string, onArrived?: OnArrived): Promise<StoredModel> =>
  loadModel({ name: `${name}: weights`, bytes: await shippedFile(name, base, onArrived) });

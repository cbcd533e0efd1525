import { loadModel, type StoredModel, uploadParams } from '@tract/model';
import { dispose } from '@tract/tensor';
import { teacherTask } from '@tract/train';
import { keptModel, keptRun, type Tell, trainKept } from './kept-runs.js';
import { teacherSettings } from './recipe.js';
import { drawShown, imagesOf } from './student-run.js';

const run = 'tract-own-teacher';
/** Steps of a sight of it: few, as it is drawn while it learns. */
const sightSteps = 16;

const kept = async (): Promise<StoredModel> => loadModel((await keptModel(run))!);

/**
 * Train a teacher on own pictures [count,28,28,1] over so many images, or go on with the run that is kept here, until it is finished or `signal`
 * says to pause.
 * @returns the teacher; undefined if it was paused.
 */
export async function trainOwnTeacher(images: number, data: Uint8Array, signal: AbortSignal, tell: Tell): Promise<StoredModel | undefined> {
  const settings = teacherSettings((await keptRun(run))?.total ?? images);
  const onCommit = async (state: { readonly images: number }): Promise<void> => {
    const model = await kept();
    const params = uploadParams(model);
    try {
      const values = await drawShown(model, params, sightSteps);
      await tell({ kind: 'sight', images: state.images, steps: sightSteps, values });
    } finally {
      dispose(params);
    }
  };
  const isFinished = await trainKept(teacherTask(settings, { images: imagesOf(data) }), run, { signal, tell, onCommit });
  return isFinished ? kept() : undefined;
}

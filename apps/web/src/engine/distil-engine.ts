import { joinPieces } from '@tract/checkpoint';
import { loadModel, uploadParams } from '@tract/model';
import { dispose } from '@tract/tensor';
import { type Running, startBackend } from '../backend.js';
import { digitScore } from '../distil/digit-score.js';
import { discardRun, type KeptRun, keptModel, keptRun, studentRun, type Tell } from '../distil/kept-runs.js';
import { moved } from '../distil/own-pictures.js';
import { trainOwnTeacher } from '../distil/own-teacher.js';
import type { Subject } from '../distil/recipe.js';
import { type ShapeName, shapePoints } from '../distil/shapes.js';
import { distil, drawShown, type Material } from '../distil/student-run.js';
import { type Sight, toyRun } from '../distil/toy-run.js';
import { type OnArrived, shippedFile } from '../model/shipped-file.js';
import { shippedModel } from '../model/shipped-model.js';

const points = 4096;
const teacherSteps = 64;
let base = '';
let digits: Promise<Material> | undefined;
/** What is distilled now. */
let material: Material | undefined;

async function fetchDigits(onArrived: OnArrived): Promise<Material> {
  const teacher = await shippedModel('mnist-teacher', base, (fraction) => onArrived(0.6 * fraction));
  const packed = await shippedFile('digits', base, (fraction) => onArrived(0.6 + 0.4 * fraction));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const data = new Uint8Array(await new Response(unpacked).arrayBuffer());
  const [classifier, statistics] = await Promise.all(['digit-classifier', 'digit-statistics'].map((name) => shippedFile(name, base)));
  return { teacher, data, score: digitScore(classifier, statistics) };
}

async function studentFile(subject: Subject): Promise<Uint8Array> {
  const bytes = await keptModel(studentRun[subject]);
  if (bytes === undefined) throw new Error('no student has been kept here yet; distil for a while first');
  return bytes;
}

/** What is kept of a subject in this browser. */
export type Kept = KeptRun & {
  /** Whether there is a student already. */
  readonly hasStudent: boolean;
};

/** Find what is kept of a subject; images of its teacher's training count where it has been trained here. */
async function keptOf(subject: Subject): Promise<Kept | undefined> {
  const student = await keptRun(studentRun[subject]);
  if (subject === 'digits') return student && { ...student, hasStudent: true };
  const teacher = await keptRun('tract-own-teacher');
  return teacher && { images: teacher.images + (student?.images ?? 0), total: 2 * teacher.total, hasStudent: student !== undefined };
}

/** All that trains; lives in a worker of its own, so that drawing goes on beside it. */
export const distilEngine = {
  /** Start the backend. @param page address of the page, from which files are fetched. */
  start: async (asked: string | null, page: string): Promise<Running> => {
    base = page;
    return (await startBackend(asked)).described();
  },

  /** Fetch teacher and digits, once. @throws Error when they do not arrive whole. */
  prepareDigits: async (onArrived: OnArrived): Promise<void> => {
    digits ??= fetchDigits(onArrived);
    digits.catch(() => {
      digits = undefined;
    });
    material = await digits;
  },

  /** Train a teacher on own pictures [count,28,28,1], or go on with it. @returns true if it is finished. */
  prepareOwn: async (pictures: Uint8Array, images: number, signal: AbortSignal, tell: Tell): Promise<boolean> => {
    const data = moved(pictures);
    const teacher = await trainOwnTeacher(images, data, signal, tell);
    material = teacher && { teacher, data };
    return teacher !== undefined;
  },

  /** Draw what everybody is shown with the teacher that has been prepared, [16,28,28,1]. */
  teacherImages: async (): Promise<Float32Array> => {
    const { teacher } = material!;
    const params = uploadParams(teacher);
    try {
      return await drawShown(teacher, params, teacherSteps);
    } finally {
      dispose(params);
    }
  },

  /** Distil what has been prepared, or go on with what is kept here. @returns true if it is finished. */
  distil: (subject: Subject, images: number, signal: AbortSignal, tell: Tell): Promise<boolean> =>
    distil(subject, images, material!, signal, tell),

  kept: keptOf,
  discard: async (subject: Subject): Promise<void> => {
    await discardRun(studentRun[subject]);
    if (subject === 'own') await discardRun('tract-own-teacher');
  },

  /** Return the student kept here as a safetensors file, which carries its configuration. */
  student: studentFile,

  /** Return it as an ONNX file: one step, from noise to image, or the denoiser where it is not yet a student of one step. */
  onnx: async (subject: Subject): Promise<Uint8Array> => {
    const { hostModel, planConversion } = await import('@tract/convert');
    const model = loadModel(await studentFile(subject));
    const oneStep = model.samplingSteps[0] === 1;
    const { files } = planConversion(hostModel(subject, model), { destination: 'onnx', onnx: { oneStep } });
    return joinPieces(files![0].content());
  },

  /** Return points of a shape, [count,2]. */
  shape: (name: ShapeName, count: number): Float32Array => shapePoints(name, points, 0).slice(0, 2 * count),

  /** Train and distil in the plane, and tell of each sight. */
  toy: async (name: ShapeName, updates: number, signal: AbortSignal, onSight: (sight: Sight) => void): Promise<void> => {
    for await (const sight of toyRun(shapePoints(name, points, 0), updates, signal)) await onSight(sight);
  },
};

export type DistilEngine = typeof distilEngine;

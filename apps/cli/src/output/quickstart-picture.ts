import type { Images } from '@tract/images';
import { gridPng } from '@tract/images';

export type PictureParts = {
  readonly teacherMany: Images;
  readonly manySteps: number;
  readonly teacherOne: Images;
  readonly student: Images;
};

const columns = 16;
/** Images of a block: two rows. */
export const pictureCount = 2 * columns;

/** Three labelled blocks under each other, from the same noise: the teacher at many steps, at one step, and the student at one step. */
export const quickstartPicture = ({ teacherMany, manySteps, teacherOne, student }: PictureParts): Uint8Array =>
  gridPng(
    [
      { label: `teacher, ${manySteps} steps`, images: teacherMany },
      { label: 'teacher, 1 step', images: teacherOne },
      { label: 'student, 1 step', images: student },
    ],
    { columns, zoom: 2, text: { Software: 'tract' } },
  );

import type { DistillSettings, TeacherSettings } from '@tract/train';
import { mnistStudents, mnistTeachers } from '@tract/train/presets';

/** What is distilled in the page: the digits that come with it, or pictures of the visitor's own. */
export type Subject = 'digits' | 'own';

const nameOf: Readonly<Record<Subject, string>> = { digits: 'digits', own: 'own pictures' };

/** Return the settings of a distillation in the page: those of the command line's preset `mnist-quickstart` over so many images. */
export const studentSettings = (subject: Subject, images: number): DistillSettings => ({
  ...mnistStudents['mnist-quickstart'],
  ...(subject === 'own' && { teacher: 'a teacher of own pictures' }),
  data: nameOf[subject],
  images,
  checkpointEvery: 2_500,
});

/** Return the settings of a teacher of own pictures: those of the preset `mnist-narrow`, whose network has an eighth of the work of the digits', over so many images. */
export const teacherSettings = (images: number): TeacherSettings => ({
  ...mnistTeachers['mnist-narrow'],
  data: nameOf.own,
  images,
  checkpointEvery: 5_000,
});

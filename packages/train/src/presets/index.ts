export { mnistStudents, mnistTeachers } from './mnist.js';
export { paperStudents, paperTeachers, publishedTeachers } from './paper.js';

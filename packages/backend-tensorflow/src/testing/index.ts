export { stubProject } from './stub-project.js';

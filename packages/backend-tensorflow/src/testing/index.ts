export { type StubAddon, type StubProject, stubProject } from './stub-project.js';

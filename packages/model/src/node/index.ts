export { type ModelPaths, modelFiles, readModel } from './model-folder.js';

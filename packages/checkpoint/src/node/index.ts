export { type FileSource, openFile, sha256OfFiles } from './open-file.js';

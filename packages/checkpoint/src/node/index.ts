export { type FileSource, openFile, sha256OfFile, sha256OfFiles } from './open-file.js';

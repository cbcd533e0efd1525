export { clock, inSteps, significant, withCommas } from './format-numbers.js';
export { type Html, html, raw } from './html.js';
export { livePage, liveScript, liveView } from './live-page.js';
export { type PageOptions, page, pagePolicy } from './page.js';
export { runCurve } from './run-curves.js';
export { type LogLine, measures, type RunRecord, type SampleGrid } from './run-record.js';
export { type Drawing, type ReportFacts, runReport } from './run-report.js';
export {
  eventFileName,
  fileStart,
  type HParams,
  hparamsEvents,
  imageEvent,
  isEventFileName,
  type Moment,
  type Picture,
  scalarEvent,
  sessionStart,
  textEvent,
} from './tensorboard-events.js';

export { fromSchedulerConfig, type SchedulerPlan, schedulerClasses } from './from-scheduler-config.js';
export type { GridOptions, SchedulerGrid, SchedulerGrids } from './scheduler-grids.js';
export { SchedulerConfigError } from './scheduler-settings.js';

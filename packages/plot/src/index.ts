export { type DotPlot, type Dots, dotPlot } from './dot-plot.js';
export { type Axis, type Line, linePlot, type Mark, type Plot } from './line-plot.js';
export { type Point, thinPoints } from './thin-points.js';
export { decadeTicks, linearTicks, powerTicks, type Scale, tickText } from './ticks.js';

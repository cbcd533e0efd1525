import { openFixture } from './fixture.js';

const { array, float64, setting } = openFixture('metrics');

/** A float64 matrix of the fixture. */
export const goldenArray = (name: string) => ({ values: float64(name), columns: array(name).shape[1] });

/** A result that the published program gave, parsed. */
export const goldenResult = setting;

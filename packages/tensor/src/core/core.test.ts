import { expect, test } from 'vitest';
import * as imported from './index.js';
import * as required from './required.js';

test('Node gets the names that bundlers get, and the same things by them', () => {
  expect({ ...required }).toEqual({ ...imported });
});

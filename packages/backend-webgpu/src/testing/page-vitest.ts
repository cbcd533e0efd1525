import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

// The words of vitest that the conformance suite uses, for a page of a browser, where vitest itself does not run.
for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const { expect } = chai;

export type PageResult = { readonly name: string; readonly error?: string };
type Step = () => unknown;

const path: string[] = [];
const tests: { readonly name: string; readonly run: Step }[] = [];
const before: Step[] = [];
const after: Step[] = [];

export function describe(title: string, define: () => void): void {
  path.push(title);
  define();
  path.pop();
}

export const test = (title: string, run: Step): void => void tests.push({ name: [...path, title].join(' > '), run });
export const beforeAll = (step: Step): void => void before.push(step);
export const afterAll = (step: Step): void => void after.push(step);

/** Run what was described, in order. */
export async function runTests(): Promise<PageResult[]> {
  for (const step of before) await step();
  const results: PageResult[] = [];
  for (const { name, run } of tests) {
    try {
      await run();
      results.push({ name });
    } catch (error) {
      results.push({ name, error: String(error) });
    }
  }
  for (const step of after) await step();
  return results;
}

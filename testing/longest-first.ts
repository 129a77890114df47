import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes although they are small, from the longest on. Vitest guesses a time from the size. */
const longest = ['docs-examples.slow.test.ts', 'stop.slow.test.ts', 'floods.slow.test.ts'];

/** Starts the longest files first, so that none of them is alone at the end while a core waits. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const first = longest.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${name}`)));
    return [...new Set([...first, ...sorted])];
  }
}

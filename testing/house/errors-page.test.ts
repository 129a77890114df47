import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '@pumphouse/contract';
import { errorsPagePath, writeErrorsPage } from './errors-page.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { runFailures } from '@pumphouse/server/domain/runs/run-failures.ts';

async function readAll(pattern: string): Promise<string> {
  const paths = await Array.fromAsync(glob(pattern, { cwd: repositoryFolder }));
  const sources = paths.filter((path) => !/\.test\.ts$|\/testing\/|run-failures\.ts$/.test(path));
  expect(sources.length).toBeGreaterThan(5);
  const texts = sources.map((path) => readFile(join(repositoryFolder, path), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}

/**
 * Codes that appear in no source as a quoted string.
 * @param prefixes prefixes that code prepends to the quoted rest
 */
function findUnused(codes: readonly string[], sources: string, prefixes: readonly string[] = []): string[] {
  const stemOf = (code: string) => {
    const prefix = prefixes.find((one) => code.startsWith(one) && sources.includes(`\`${one}\${`)) ?? '';
    return code.slice(prefix.length);
  };
  return codes.filter((code) => !new RegExp(`['"\`]${stemOf(code)}['"\`]`).test(sources));
}

describe('docs/operate/errors.md', () => {
  it('lists the error codes and run failures of the code, with status, cause and next step', async () => {
    const page = await readFile(errorsPagePath, 'utf8');
    expect(page, 'run `npm run docs:errors`').toBe(writeErrorsPage(page));
  });

  it('has exactly the codes as headings', async () => {
    const headings = [...(await readFile(errorsPagePath, 'utf8')).matchAll(/^### `(.*)`$/gm)].map(
      ([, code]) => code,
    );
    expect(headings).toEqual([...Object.keys(errorCodes), ...Object.keys(runFailures)]);
  });

  it('is not overwritten if the page lost its markers', () => {
    expect(() => writeErrorsPage('# Errors\n')).toThrow('has lost the marks');
  });
});

describe('codes', () => {
  it('of responses are each defined by one feature', async () => {
    const defined = [
      ...(await readAll('packages/contract/src/error-codes/*.ts')).matchAll(/^  (\w+): \{$/gm),
    ].map(([, code]) => String(code));
    expect(defined.toSorted()).toEqual(Object.keys(errorCodes).toSorted());
  });

  it('of responses are all used by some code', async () => {
    expect(findUnused(Object.keys(errorCodes), await readAll('apps/server/src/**/*.ts'))).toEqual([]);
  });

  it('of run failures are all used by some code', async () => {
    const sources =
      (await readAll('apps/server/src/**/*.ts')) + (await readAll('python/pumphouse_bootstrap/**/*.py'));
    expect(findUnused(Object.keys(runFailures), sources, ['requirements_', 'executor_'])).toEqual([]);
  });

  it('reported by the bootstrap are all known', async () => {
    const sources = await readAll('python/pumphouse_bootstrap/**/*.py');
    const reported = [...sources.matchAll(/(?:CannotStart|StageFailure)\(\s*"(\w+)"|"code": "(\w+)"/g)].map(
      ([, raised, written]) => raised ?? written,
    );
    expect(reported.length).toBeGreaterThan(8);
    expect(reported.filter((code) => !(`${code}` in runFailures))).toEqual([]);
  });
});

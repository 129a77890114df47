import { expect, it } from 'vitest';
import { adviseOnIndex } from './advise-index.ts';

const advise = (detail: string, code = 'requirements_failed') => adviseOnIndex({ code, detail });

it.each([
  [
    'refuses connections',
    'Request failed after 3 retries in 8.8s: Failed to fetch: http://127.0.0.1:9/simple/dlt/: Connection refused',
    '127.0.0.1:9',
  ],
  [
    'wants other credentials',
    'Failed to fetch: `https://user:****@pypi.example.com/simple/dlt/`: HTTP status client error (401 Unauthorized)',
    'pypi.example.com',
  ],
])('names an index that %s', (_name, detail, host) => {
  expect(advise(detail)).toContain(`The package index at \`${host}\` `);
});

it('is silent if the requirements are wrong, or another step failed', () => {
  expect(advise('Because dtl was not found in the package registry, …')).toBeNull();
  expect(advise('Failed to fetch: `https://pypi.org/simple/dlt/`', 'builder_failed')).toBeNull();
});

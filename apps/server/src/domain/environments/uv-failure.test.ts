import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainUvFailure, lacksVersion } from './uv-failure.ts';

const run = promisify(execFile);

const buildBackend = `
import sys

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    print("compiling", flush=True)
    print("fatal error: pg_config executable not found", file=sys.stderr)
    raise SystemExit("cc failed with exit code 1")
`;
const project = (name: string, more = '') => `
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "${name}"
version = "1.0"
${more}`;

describe('explainUvFailure with a real uv', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pumphouse-uv-'));
    for (const [name, more] of [
      ['bad', ''],
      ['new', 'requires-python = ">=3.99"'],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'pyproject.toml'), project(`pumphouse-${name}`, more));
      await writeFile(join(folder, name, 'backend.py'), buildBackend);
    }
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Returns the explanation of a failed installation. Nothing is downloaded. */
  async function fail(...requirements: string[]): Promise<string> {
    const install = [
      'pip',
      'install',
      '--no-index',
      '--python',
      'python3',
      '--target',
      join(folder, 'target'),
    ];
    const env = {
      ...process.env,
      NO_COLOR: '1',
      UV_NO_CONFIG: '1',
      UV_NO_PROGRESS: '1',
      UV_CACHE_DIR: join(folder, 'cache'),
    };
    const error = await run('uv', [...install, ...requirements], { env }).then(
      () => ({ stderr: 'it was installed' }),
      (failure: unknown) => failure as { stderr: string },
    );
    return explainUvFailure(error.stderr.split('\n'));
  }

  it('names the package that no index has', async () => {
    expect(await fail('no-such-package')).toMatch(
      /^No solution found when resolving dependencies: Because no-such-package was not found in the provided package locations and you require no-such-package, .* unsatisfiable\.$/,
    );
  });

  it('names the Python version that a package needs', async () => {
    expect(await fail(join(folder, 'new'))).toMatch(
      /^No solution found when resolving dependencies: .*Python.*>=3\.99.* unsatisfiable\.$/,
    );
  });

  it('quotes the last lines of a source distribution that fails to build', async () => {
    expect(await fail(join(folder, 'bad'))).toMatch(
      /^Failed to build `pumphouse-bad @ file:.*`: The build backend returned an error: Call to `backend\.build_wheel` failed \(exit status: 1\): fatal error: pg_config executable not found cc failed with exit code 1$/,
    );
  });

  it('names the missing file', async () => {
    expect(await fail('pkg @ file:///nowhere/pkg-1.0-py3-none-any.whl')).toBe(
      'Distribution not found at: file:///nowhere/pkg-1.0-py3-none-any.whl',
    );
  });
});

/** Output of uv 0.13.9, and the tree format of older releases. */
describe('explainUvFailure', () => {
  it.each<[what: string, printed: string, explanation: string]>([
    [
      'conflicting versions, in two wrapped lines',
      `Using Python 3.13.5 environment at: /data/environments/1/venv
error: No solution found when resolving dependencies
  cause: Because requests==2.31.0 depends on urllib3>=1.21.1,<3 and you require requests==2.31.0, we can conclude that you require urllib3>=1.21.1,<3.
         And because you require urllib3==0.1, we can conclude that your requirements are unsatisfiable.`,
      'No solution found when resolving dependencies: Because requests==2.31.0 depends on urllib3>=1.21.1,<3 and you require requests==2.31.0, we can conclude that you require urllib3>=1.21.1,<3. And because you require urllib3==0.1, we can conclude that your requirements are unsatisfiable.',
    ],
    [
      'the tree of an older release',
      `Using Python 3.13.5 environment at: /data/environments/1/venv
  × No solution found when resolving dependencies:
  ╰─▶ Because there is no version of dlt==99.0 and you require
      dlt==99.0, we can conclude that your requirements are
      unsatisfiable.
`,
      'No solution found when resolving dependencies: Because there is no version of dlt==99.0 and you require dlt==99.0, we can conclude that your requirements are unsatisfiable.',
    ],
    [
      'no network',
      `Using Python 3.13.5 environment at: venv
error: Failed to fetch: https://nowhere.invalid/simple/dlt/
  cause: error sending request for url (https://nowhere.invalid/simple/dlt/)
  cause: client error (Connect)
  cause: dns error
  cause: failed to lookup address information: Name or service not known`,
      'Failed to fetch: https://nowhere.invalid/simple/dlt/: error sending request for url (https://nowhere.invalid/simple/dlt/): client error (Connect): dns error: failed to lookup address information: Name or service not known',
    ],
    [
      'a build that prints everything to stdout',
      `Resolved 1 package in 4ms
   Building numpy==1.21.0
error: Failed to build \`numpy==1.21.0\`
  cause: The build backend returned an error
  cause: Call to \`backend.build_wheel\` failed (exit status: 1)

         [stdout]
         one
         two
         three
         four
         five
         six

hint: Build failures usually indicate a problem with the package or the build environment`,
      'Failed to build `numpy==1.21.0`: The build backend returned an error: Call to `backend.build_wheel` failed (exit status: 1): two three four five six',
    ],
    [
      'an unreachable Git server',
      `   Updating https://127.0.0.1:9/x.git (HEAD)
error: Failed to download and build \`pkg @ git+https://127.0.0.1:9/x.git\`
  cause: Git operation failed
  cause: process didn't exit successfully: \`git fetch\` (exit status: 128)
         --- stderr
         fatal: unable to access 'https://127.0.0.1:9/x.git/': Could not connect to server`,
      "Failed to download and build `pkg @ git+https://127.0.0.1:9/x.git`: Git operation failed: process didn't exit successfully: `git fetch` (exit status: 128): fatal: unable to access 'https://127.0.0.1:9/x.git/': Could not connect to server",
    ],
    [
      'no Python',
      'error: No interpreter found for Python 3.99 in search path',
      'No interpreter found for Python 3.99 in search path',
    ],
    ['no error', 'Using Python 3.13.5 environment at: venv\nKilled\n', 'Killed'],
    ['progress alone', 'Using Python 3.13.5 environment at: venv\nResolved 3 packages in 4ms\n', ''],
  ])('%s', (_what, printed, explanation) => {
    expect(explainUvFailure(printed.split('\n'))).toBe(explanation);
  });

  it('truncates at 2,000 characters', () => {
    expect(explainUvFailure([`error: ${'a'.repeat(5000)}`])).toHaveLength(2000);
  });
});

/** Explanations of uv 0.13.9. */
describe('lacksVersion', () => {
  it.each([
    'No solution found when resolving dependencies: Because there is no version of six==99.0 and you require six==99.0, we can conclude that your requirements are unsatisfiable.',
    'No solution found when resolving dependencies: Because only six<=1.17.0 is available and you require six>=99, we can conclude that your requirements are unsatisfiable.',
    'No solution found when resolving dependencies: Because only the following versions of six are available: six<=1.10 six>1.10.1 and you require six>1.10,<1.10.1, we can conclude that your requirements are unsatisfiable.',
  ])('is true: %s', (message) => expect(lacksVersion(message)).toBe(true));

  it.each([
    'No solution found when resolving dependencies: Because requests==2.31.0 depends on urllib3>=1.21.1,<3 and you require urllib3==0.1, we can conclude that your requirements are unsatisfiable.',
    'Failed to fetch: https://nowhere.invalid/simple/dlt/: error sending request for url',
  ])('is false: %s', (message) => expect(lacksVersion(message)).toBe(false));
});

it('an index that refuses the credentials is named, although uv says only in a hint that it did', () => {
  const lines = [
    'error: No solution found when resolving dependencies',
    '  cause: Because a was not found in the package registry and you require a, we can conclude that your requirements are unsatisfiable.',
    '',
    'hint: An index URL (https://pypi.example.com/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)',
  ];
  expect(explainUvFailure(lines)).toMatch(
    /unsatisfiable\. The package index https:\/\/pypi\.example\.com\/simple answered 401 Unauthorized: check UV_INDEX_<NAME>_USERNAME and /,
  );
});

/** The steps of a build in a container or pod, run by their program with the real uv. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { planBuildFiles, planBuildSteps, planBuildVariables, refreshNotice } from './environment-steps.ts';
import { requireBootstrap, requireTool } from './process/testing/machine.ts';
import { createPackageIndex } from './process/testing/package-index.ts';

async function createBuilder(index: string) {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-steps-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  const bootstrap = requireBootstrap();
  const paths = {
    environment: at('environment'),
    cache: at('cache'),
    requirements: at('requirements.txt'),
    excludes: at('excludes.txt'),
    uv: requireTool('uv'),
    hooks: join(bootstrap, 'environment_hooks'),
  };
  const python = requireTool('python3');
  await mkdir(at('cache'));
  return async (requirements: string[]) => {
    const files = planBuildFiles(requirements);
    await writeFile(paths.requirements, files.requirements);
    await writeFile(paths.excludes, files.excludes);
    const plan = {
      steps: planBuildSteps(paths, python, requirements),
      variables: planBuildVariables({ variables: { UV_DEFAULT_INDEX: index } }, paths, null),
      masked_values: [],
    };
    await writeFile(at('build.json'), JSON.stringify(plan));
    const program = join(bootstrap, 'environment_build.py');
    const child = spawn(python, ['-I', '-S', program, at('build.json')]);
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return { code: code as number, output };
  };
}

it('ask the index again for a version that was released after its last answer, and only then', async () => {
  const index = await createPackageIndex();
  onTestFinished(() => index.close());
  index.allowCaching();
  await index.addWheel('first-package');
  const build = await createBuilder(index.url);
  expect(await build(['first-package'])).toMatchObject({
    code: 0,
    output: expect.not.stringContaining(refreshNotice),
  });
  await index.addWheel('first-package', { version: '1.1' });
  expect(await build(['first-package==1.1'])).toMatchObject({
    code: 0,
    output: expect.stringContaining(refreshNotice),
  });
  // The step with the number 1 has failed.
  expect(await build(['first-package==1.2'])).toMatchObject({ code: 11 });
});

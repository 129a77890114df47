/** The steps of a build in a container or pod, run by their program with the real uv. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import type { EnvironmentSpec } from './contract/environment-builder.ts';
import { planBuildFiles, planBuildSteps, planBuildVariables, refreshNotice } from './environment-steps.ts';
import { requireBootstrap, requireTool } from './process/testing/machine.ts';
import { createPackageIndex } from './process/testing/package-index.ts';

async function createBuilder(
  index: string,
  choice: Partial<Pick<EnvironmentSpec, 'variables' | 'packageSources'>> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-steps-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  const bootstrap = requireBootstrap();
  const paths = {
    environment: at('environment'),
    cache: at('cache'),
    plan: folder,
    uv: requireTool('uv'),
    hooks: join(bootstrap, 'environment_hooks'),
  };
  const python = requireTool('python3');
  await mkdir(at('cache'));
  return async (requirements: string[]) => {
    const spec = { variables: { UV_DEFAULT_INDEX: index }, ...choice, requirements };
    for (const { name, content } of planBuildFiles(spec)) await writeFile(at(name), content);
    const plan = {
      steps: planBuildSteps(paths, python, spec),
      variables: planBuildVariables(spec, paths, null),
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

it('ask an explicit index for the packages of its sources, and for no others', async () => {
  const credentials = 'reader:a-password';
  const [registry, company] = [
    await createPackageIndex(),
    await createPackageIndex('127.0.0.1', credentials),
  ];
  onTestFinished(() => Promise.all([registry.close(), company.close()]).then(() => undefined));
  await registry.addWheel('leftpad');
  await registry.addWheel('acme-core', { version: '99.0' });
  await company.addWheel('acme-core');
  const build = await createBuilder(registry.url, {
    variables: {
      UV_DEFAULT_INDEX: registry.url,
      UV_INDEX_COMPANY_USERNAME: 'reader',
      UV_INDEX_COMPANY_PASSWORD: 'a-password',
    },
    packageSources: {
      index: [{ name: 'company', url: company.url, explicit: true }],
      sources: { 'acme-core': [{ index: 'company' }] },
    },
  });
  expect(await build(['acme-core', 'leftpad'])).toMatchObject({
    code: 0,
  });
  expect([company.listAsked(), registry.listAsked()]).toEqual([['acme-core'], ['leftpad']]);
});

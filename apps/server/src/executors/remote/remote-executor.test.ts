import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { createFakeExecutor } from '../fake/fake-executor.ts';
import { createRemoteExecutor } from './remote-executor.ts';
import { connectWorker } from './testing/remote-harness.ts';

const spec = {
  key: 'key',
  organizationId: 'organization-1',
  workspaceId: 'workspace-1',
  pythonVersion: '3.13',
  requirements: ['acme-core'],
  variables: {},
  maskedValues: [],
  uid: 60_910,
  packageSources: { index: [{ url: 'https://pypi.example.com/simple' }], sources: {} },
};

it('a worker gets the package sources of a build; one of an older version builds nothing that needs them', async () => {
  const worker = { id: randomUUID(), name: 'edge-1' };
  const fake = createFakeExecutor();
  const connected = await connectWorker(fake, { workerId: worker.id });
  onTestFinished(() => connected.close());
  const { link } = connected;
  await createRemoteExecutor(worker, link).buildEnvironment(spec, () => undefined);
  expect(fake.built[0]?.packageSources).toEqual(spec.packageSources);
  const older = { ...link, isOpen: true, status: { ...link.status, usesPackageSources: false } };
  await expect(createRemoteExecutor(worker, older).buildEnvironment(spec, () => undefined)).rejects.toThrow(
    /The worker edge-1 is of an older version/,
  );
  expect(fake.built).toHaveLength(1);
});

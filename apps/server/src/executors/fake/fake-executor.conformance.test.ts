import { describe, expect, it } from 'vitest';
import { describeConformance } from '../conformance/conformance.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { createFakeExecutor } from './fake-executor.ts';
import { createFakeHarness, describeAttempt } from './testing/fake-harness.ts';

describeConformance('fake', createFakeHarness);

describe('the scripts of a fake executor', () => {
  it('end an attempt as it starts', async () => {
    const executor = createFakeExecutor({ scripts: { attempt: () => ({ exit: { code: 2 } }) } });
    const handle = await executor.start(describeAttempt());
    expect(await executor.inspect(handle)).toMatchObject({ state: 'exited', exit: { code: 2 } });
  });

  it('hide an attempt and show it again', async () => {
    const executor = createFakeExecutor();
    const spec = describeAttempt();
    const handle = await executor.start(spec);
    executor.hide(spec.attemptId);
    expect(await executor.inspect(handle)).toMatchObject({ state: 'unknown' });
    await expect(executor.stop(handle, { graceSeconds: 1 })).rejects.toBeInstanceOf(ExecutorError);
    executor.hide(spec.attemptId, false);
    await executor.stop(handle, { graceSeconds: 1 });
    expect(executor.stopped).toEqual([{ attemptId: spec.attemptId, graceSeconds: 1 }]);
  });

  it('build environments, and fail to build them', async () => {
    const failure = { code: 'requirements_failed', message: 'no such package' } as const;
    const executor = createFakeExecutor({
      scripts: { build: (spec) => (spec.key === 'bad' ? { lines: ['resolving'], failure } : {}) },
    });
    const spec = {
      key: 'good',
      organizationId: 'organization-1',
      workspaceId: 'workspace-1',
      pythonVersion: '3.11',
      requirements: [],
      variables: {},
      maskedValues: [],
      uid: 61_001,
    };
    const location = await executor.buildEnvironment(spec, () => undefined);
    expect(await executor.hasEnvironment(location)).toBe(true);
    await executor.removeEnvironment(location);
    expect(await executor.hasEnvironment(location)).toBe(false);
    const lines: string[] = [];
    const building = executor.buildEnvironment({ ...spec, key: 'bad' }, ({ text }) => lines.push(text));
    await expect(building).rejects.toMatchObject(failure);
    expect(lines).toEqual(['resolving']);
  });
});

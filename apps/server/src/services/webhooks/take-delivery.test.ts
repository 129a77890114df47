import type { RuntimeEntryPoint } from '../../domain/jobs/entry-point.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture, noon } from '../testing/service-fixture.ts';

const secret = 'a secret of some length';
const listener = defineJob('jobs.m.f', { triggers: ['webhook:'], execute: { concurrency: null } });

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = noon;
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([listener]);
});

async function findWebhook() {
  const [listed] = await fixture.webhooks.list(context.workspaceId);
  if (!listed) throw new Error('There is no webhook');
  return listed.webhook;
}

function laterBy(seconds: number): Date {
  return new Date(noon.getTime() + seconds * 1000);
}

async function deliver(body: string, options: { id?: string; signature?: string } = {}) {
  return fixture.takeDelivery.take(await findWebhook(), {
    body: Buffer.from(body),
    deliveryId: options.id ?? null,
    signature: { own: options.signature, hub: undefined },
  });
}

/** Returns the start data of a run's attempt, with public and private launcher arguments. */
async function begin(jobRunId: string) {
  const { id, run } = await context.createAttempt(await context.getRun(jobRunId));
  return fixture.beginAttempt.begin(id, { claimNumber: run.claimNumber, nonce: 'nonce' });
}

describe('a run started by a delivery', () => {
  it('gets the input in its entry point, as a private argument', async () => {
    const { answer } = await deliver('{"id": 12345678901234567890}');
    const start = await begin(answer.started[0]?.jobRunId ?? '');
    expect(start.arguments).toEqual(['--run-id', start.run_id, '--trigger', 'webhook:']);
    const [name, json = ''] = start.private_arguments;
    expect(name).toBe('--entry-point');
    expect(json).toContain('{"id": 12345678901234567890}');
    const entryPoint = JSON.parse(json) as RuntimeEntryPoint;
    expect(entryPoint).toMatchObject({ job_ref: 'jobs.m.f', profile: 'prod' });
    expect(entryPoint.run_args).toHaveProperty('input.id');
    expect(entryPoint).not.toHaveProperty('pumphouse_inputs');
  });

  it('binds the input to arguments only if a member starts it', async () => {
    const job = await context.getJob('jobs.m.f');
    const input = { id: 1 };
    const { run } = await fixture.startJob({
      workspaceId: context.workspaceId,
      membershipId: context.membershipId,
      jobId: job.id,
      input,
      profile: null,
      refresh: false,
      isByViewer: false,
    });
    const start = await begin(run?.id ?? '');
    expect(JSON.parse(start.private_arguments[1] ?? '')).toMatchObject({
      pumphouse_inputs: input,
      run_args: { input },
    });
  });

  it('starts like any other without input', async () => {
    const { answer } = await deliver('');
    const start = await begin(answer.started[0]?.jobRunId ?? '');
    expect(start.private_arguments).toEqual([]);
    const entryPoint = JSON.parse(start.arguments.at(-1) ?? '') as RuntimeEntryPoint;
    expect(entryPoint).not.toHaveProperty('run_args');
  });
});

describe('the database clock', () => {
  it('decides the age of a signature', async () => {
    const { id: webhookId } = await findWebhook();
    await fixture.webhooks.setSigningSecret({ workspaceId: context.workspaceId, webhookId }, secret);
    const time = noon.getTime() / 1000;
    const signed = (body: string) => {
      const hex = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
      return { signature: `t=${time},v1=${hex}` };
    };
    fixture.clock.now = laterBy(300);
    expect((await deliver('1', signed('1'))).isRepeated).toBe(false);
    fixture.clock.now = laterBy(301);
    await expect(deliver('2', signed('2'))).rejects.toMatchObject({ code: 'invalid_signature' });
  });

  it('decides how long a delivery is remembered', async () => {
    const first = await deliver('1', { id: 'one' });
    fixture.clock.now = laterBy(24 * 3600 - 1);
    expect(await deliver('1', { id: 'one' })).toEqual({ ...first, isRepeated: true });
    fixture.clock.now = laterBy(24 * 3600);
    expect((await deliver('1', { id: 'one' })).isRepeated).toBe(false);
    expect(await context.listRuns('jobs.m.f')).toHaveLength(2);
  });
});

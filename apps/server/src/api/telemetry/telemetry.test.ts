import type { SeededRun } from '../testing/seed-run.ts';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setUpReportingRun } from '../testing/reporting-run.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

const reporting = setUpReportingRun();
const { send } = reporting;

const nobody = '00000000-0000-4000-8000-000000000000';

const get = (path: string, context: SeededRun = reporting.seeded) =>
  reporting.api.app.inject({
    url: `/telemetry/v1/workspaces/${context.workspaceId}/${path}`,
    headers: { authorization: `Bearer ${context.token}` },
  });

async function readWatermark(context = reporting.seeded): Promise<string | null | undefined> {
  return readAnswer('get_workspace_watermark', await get('watermark', context)).updated_at;
}

/** Moves the watermark back, so that its next update is visible however fast the test runs. */
async function backdateWatermark(): Promise<void> {
  await setColumns(
    reporting.api.testDatabase.database,
    'telemetry_watermarks',
    { updatedAt: new Date('2020-01-01') },
    { workspaceId: reporting.seeded.workspaceId },
  );
}

describe('the watermark', () => {
  it('is null at first, and moves with every body, even an unreadable one', async () => {
    const elsewhere = await seedRun(reporting.api);
    expect(await readWatermark()).toBeNull();
    const bodies: [string, unknown][] = [
      ['trace', readCapturedBody('ok/002-trace')],
      ['trace', readCapturedBody('ok/002-trace')],
      ['state', readCapturedBody('ok/001-state')],
      ['job_result', readCapturedBody('ok/003-job_result')],
      ['trace', '{"not": "a trace"'],
      ['weather', { sunny: true }],
    ];
    for (const [type, body] of bodies) {
      await send(type, body);
      const moved = Date.parse((await readWatermark()) ?? '');
      expect(moved, type).toBeGreaterThan(Date.now() - 60_000);
      await backdateWatermark();
    }
    expect(await readWatermark(elsewhere)).toBeNull();
  });
});

describe('the result of a job run', () => {
  const path = () => `job-runs/${reporting.seeded.run.id}`;

  it('is the last one declared', async () => {
    for (const name of ['ok/003-job_result', 'ok/006-job_result'] as const) {
      const body = readCapturedBody(name) as { type: string; job_ref: string };
      await send('job_result', body);
      const result = readAnswer('get_job_run_result', await get(`${path()}/result`));
      expect(result).toMatchObject({
        job_run_id: reporting.seeded.run.id,
        job_ref: body.job_ref,
        result_type: body.type,
      });
      const trace = readAnswer('get_job_run_result_trace', await get(`${path()}/result-trace`));
      expect(trace).toEqual(body);
    }
  });

  it.each(['result', 'result-trace'])('is 404 as %s if there is none', async (name) => {
    await send('job_result', { type: 'x' });
    const elsewhere = await seedRun(reporting.api);
    for (const [runPath, context] of [
      [path(), reporting.seeded],
      [`job-runs/${nobody}`, reporting.seeded],
      [`job-runs/${elsewhere.run.id}`, reporting.seeded],
    ] as const) {
      expect((await get(`${runPath}/${name}`, context)).json()).toMatchObject({
        code: 'not_found',
        status_code: 404,
      });
    }
    expect((await get(`job-runs/1/${name}`)).json()).toMatchObject({
      code: 'invalid_request',
      status_code: 400,
    });
  });

  it.each(['result', 'result-trace'])('is not shown as %s to another workspace', async (name) => {
    await send('job_result', readCapturedBody('ok/003-job_result'));
    expect((await get(`${path()}/${name}`)).statusCode).toBe(200);
    const elsewhere = await seedRun(reporting.api);
    expect((await get(`${path()}/${name}`, elsewhere)).json()).toMatchObject({ code: 'not_found' });
  });
});

describe('the trace of a pipeline run', () => {
  const readId = async () => readAnswer('list_pipeline_runs', await get('pipeline-runs')).items[0]?.id ?? '';

  it('is exactly what dlt sent, also for a failed run', async () => {
    const sent = readCapturedBody('fail_extract/001-trace') as { steps: unknown };
    await send('trace', sent);
    const trace = readAnswer('get_pipeline_run_trace', await get(`pipeline-runs/${await readId()}/trace`));
    expect(trace.steps).toEqual(sent.steps);
  });

  it('is 404 without a trace, for another workspace, and after its blob was removed', async () => {
    await send('trace', readCapturedBody('ok/002-trace'));
    const id = await readId();
    const elsewhere = await seedRun(reporting.api);
    for (const name of ['', '/trace']) {
      for (const [runId, context] of [
        [nobody, reporting.seeded],
        [id, elsewhere],
      ] as const) {
        const response = await get(`pipeline-runs/${runId}${name}`, context);
        expect(response.json()).toMatchObject({ code: 'not_found', status_code: 404 });
      }
      expect((await get(`pipeline-runs/1${name}`)).json()).toMatchObject({ code: 'invalid_request' });
    }
    const stored = await reporting.api.persistence.store.telemetry.getPipelineRun(
      reporting.seeded.workspaceId,
      id,
    );
    await reporting.api.blobs.delete(stored?.traceBlobKey ?? '');
    expect((await get(`pipeline-runs/${id}/trace`)).json()).toMatchObject({
      code: 'not_found',
      detail: expect.stringContaining('no longer stored') as string,
    });
    expect((await get(`pipeline-runs/${id}`)).statusCode).toBe(200);
  });
});

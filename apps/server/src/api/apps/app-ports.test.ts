import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { JobRecord } from '../../store/records.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createGivePort, givePortsToPublished } from '../../services/apps/give-port.ts';
import { readAnswer } from '../testing/check-answer.ts';

const ports = { first: 9100, last: 9101 };

let api: ApiFixture;
let workspaceId: string;
let owner: TestCaller;
let apps: Record<'board' | 'prices' | 'stock', JobRecord>;

beforeAll(async () => {
  api = await createApiFixture({ appPorts: ports });
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  const at = { workspaceId, membershipId: owner.membershipId };
  await api.createPackages(workspaceId, owner.membershipId);
  const { entry_point: entryPoint } = defineJob('jobs.any');
  const names = ['board', 'prices', 'stock'] as const;
  const { jobs } = await api.services.deploy({
    ...at,
    jobs: names.map((name) =>
      defineJob(`jobs.${name}`, { entry_point: { ...entryPoint, job_type: 'interactive' } }),
    ),
    deploymentModule: null,
    dryRun: false,
  });
  apps = Object.fromEntries(
    names.map((name) => [name, jobs.find(({ job }) => job.jobRef === `jobs.${name}`)?.job]),
  ) as typeof apps;
});
afterAll(() => api.close());

function send(method: 'GET' | 'POST', path: string, payload?: object) {
  return api.app.inject({
    method,
    url: path.replace('{workspace}', workspaceId),
    headers: { authorization: `Bearer ${owner.key}` },
    ...(payload && { payload }),
  });
}

const ofApp = ({ id }: JobRecord, operation = '') =>
  `/pumphouse/v1/workspaces/{workspace}/apps/${id}${operation}`;
const ofJob = ({ id }: JobRecord, operation = '') => `/api/v1/workspaces/{workspace}/jobs/${id}${operation}`;

const urlsOf = async (app: JobRecord) => {
  const { url, bare_url: bareUrl } = readAnswer('get_app', await send('GET', ofApp(app)));
  const { job_url: jobUrl, public_url: publicUrl } = readAnswer('get_job', await send('GET', ofJob(app)));
  return { url, bareUrl, jobUrl, publicUrl };
};

describe('an app with a port of its own', () => {
  it('is served on the opening page until opened, then on its port', async () => {
    const page = `http://127.0.0.1:8080/sign-in/app?app=${apps.board.id}`;
    const label = `board-${apps.board.id.slice(-12)}`;
    const before = await urlsOf(apps.board);
    expect(before).toEqual({
      url: page,
      jobUrl: page,
      bareUrl: `http://127.0.0.1:8090/${label}`,
      publicUrl: null,
    });
    const { url } = readAnswer('open_app', await send('POST', ofApp(apps.board, '/-open'), {}));
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:9100\/-pumphouse\/enter\?code=dlt_a_[\w-]+&to=%2F$/);
    expect(await urlsOf(apps.board)).toMatchObject({
      url: 'http://127.0.0.1:9100',
      jobUrl: 'http://127.0.0.1:9100',
      bareUrl: before.bareUrl,
    });
  });

  it('gets its port when it is published', async () => {
    const job = readAnswer('publish_job', await send('POST', ofJob(apps.prices, '/-publish')));
    expect(job.public_url).toMatch(/^http:\/\/127\.0\.0\.1:9101\/-pumphouse\/open\/[\w-]{20,}$/);
    expect(job.job_url).toBe('http://127.0.0.1:9101');
  });

  it('cannot be opened or published when no port is free, and the error says what to do', async () => {
    const problem = {
      status_code: 409,
      code: 'no_app_port_left',
      detail: expect.stringContaining('jobs.stock has no port yet, and no port from 9100 to 9101 is free'),
    };
    const opened = await send('POST', ofApp(apps.stock, '/-open'), {});
    expect(opened.json()).toMatchObject(problem);
    expect((await send('POST', ofJob(apps.stock, '/-publish'))).json()).toMatchObject(problem);
    expect((await send('GET', ofApp(apps.stock))).json()).toMatchObject({ public_link: null });
  });

  it('gets no port once it is archived', async () => {
    await send('POST', ofJob(apps.stock, '/-archive'));
    expect((await send('POST', ofApp(apps.stock, '/-open'), {})).json()).toMatchObject({
      code: 'job_archived',
    });
  });
});

it('gives apps with public links a port at server start, and logs those left without one', async () => {
  const logged: unknown[] = [];
  const log = { warn: (...text: unknown[]) => void logged.push(text) };
  await send('POST', ofJob(apps.board, '/-publish'));
  await givePortsToPublished(api.persistence, createGivePort({ first: 9300, last: 9300 }), log);
  const found = await api.persistence.store.jobs.getMany([apps.board.id, apps.prices.id]);
  expect(found.filter(({ appPort }) => appPort === 9300)).toHaveLength(1);
  expect(logged).toMatchObject([[{ code: 'no_app_port_left' }, expect.stringContaining('has no port')]]);
});

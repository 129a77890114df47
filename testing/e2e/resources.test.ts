import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const mebibyte = 1024 * 1024;
let server: TestServer;
let workspaceId: string;

const works = `
import os, time
data = bytearray(150 * 1024 * 1024)
for position in range(0, len(data), 4096):
    data[position] = 1
with open("written", "wb") as file:
    file.write(os.urandom(20 * 1024 * 1024))
end = time.process_time() + 2
while time.process_time() < end:
    pass
time.sleep(2)
`;
const fills = `
import os, time, dlt
rows = dlt.pipeline("rows", destination="duckdb", dataset_name="d")
rows.run([{"id": number} for number in range(10)], table_name="orders", write_disposition="append")
with open("large", "wb") as file:
    for _ in range(60):
        file.write(os.urandom(2 * 1024 * 1024))
        file.flush()
        time.sleep(0.05)
time.sleep(600)
`;
const counts = `
import dlt
with dlt.pipeline("rows", destination="duckdb", dataset_name="d").sql_client() as client:
    print("orders:", client.execute_sql("select count(*) from orders")[0][0])
`;
const eats = `
eaten = []
while True:
    eaten.append(bytearray(16 * 1024 * 1024))
`;

beforeAll(async () => {
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_INSTANCE_SIZES: 'small=2/400/512/64 medium=2/2048/1024',
  });
  workspaceId = await createWorkspace(server, 'resources');
  await deployWorkspace(server, workspaceId, {
    files: { 'works.py': works, 'fills.py': fills, 'counts.py': counts, 'eats.py': eats },
    jobs: ['works', 'fills', 'counts', 'eats'].map((name) => defineScriptJob(name)),
    requirements: ['dlt[duckdb]==1.31.0'],
  });
});
afterAll(() => server?.remove());

async function run(jobRef: string) {
  const params = { workspace_id: workspaceId, job_run_id: await triggerJob(server, workspaceId, jobRef) };
  await createApiWorkspace(server, workspaceId).awaitEnd(params.job_run_id);
  return {
    timeline: await server.client.call('get_job_run_life', { params }),
    resources: await server.client.call('get_job_run_resources', { params }),
  };
}

describe('the resources of a run', () => {
  it('are a timeline of memory, cores and disk, with the limits of its size', async () => {
    const { resources } = await run('jobs.works');
    expect(resources).toMatchObject({
      instance_size: 'small',
      limits: { memory_bytes: 400 * mebibyte, cores: 2, disk_bytes: 64 * mebibyte },
    });
    const [attempt] = resources.attempts;
    expect(attempt?.seconds_per_point).toBe(1);
    expect(attempt?.memory_bytes.length).toBeGreaterThanOrEqual(4);
    expect(attempt?.peak_memory_bytes).toBeGreaterThan(150 * mebibyte);
    expect(attempt?.peak_memory_bytes).toBeLessThan(400 * mebibyte);
    expect(attempt?.cores.reduce((sum, cores) => sum + cores, 0)).toBeGreaterThan(1.5);
    expect(attempt?.peak_disk_bytes).toBeGreaterThanOrEqual(20 * mebibyte);
    expect(attempt?.peak_disk_bytes).toBeLessThan(64 * mebibyte);
  });

  it('name the size to try when memory runs out', async () => {
    const { timeline, resources } = await run('jobs.eats');
    expect(timeline.failure).toMatchObject({
      code: 'out_of_memory',
      detail: expect.stringMatching(
        /^The run was killed at 4\d\d MiB of the 400 MiB .* Try the next larger size: medium with 2048 MiB\.$/,
      ) as string,
    });
    expect(resources.attempts[0]?.peak_memory_bytes).toBeGreaterThan(300 * mebibyte);
  });

  it('end a run that writes more to its disk than it may, and repeat nothing that it has loaded', async () => {
    const { timeline } = await run('jobs.fills');
    expect(timeline.attempts).toHaveLength(1);
    expect(timeline.failure).toMatchObject({
      code: 'disk_limit',
      detail: expect.stringMatching(/^The run had written \d+ MiB to its disk, of 64 MiB/) as string,
    });
    const api = createApiWorkspace(server, workspaceId);
    const counted = await triggerJob(server, workspaceId, 'jobs.counts');
    await api.awaitLine(counted, 'orders: 10');
    await api.awaitEnd(counted);
  });
});

import setUpExecutor from '../fixtures/executor-global-setup.ts';
process.env['PUMPHOUSE_TEST_EXECUTOR'] = 'podman';
const close = await setUpExecutor();
const { createWorkspace, defineScriptJob, deployWorkspace, triggerJob } = await import('../fixtures/deploy-workspace.ts');
const { createApiWorkspace } = await import('../fixtures/api-workspace.ts');
const { startTestServer } = await import('../fixtures/server.ts');
const code = `
import os, time, dlt
if __name__ == "__main__":
    name = os.path.splitext(os.path.basename(__file__))[0]
    began = time.perf_counter()
    p = dlt.pipeline(name, destination=dlt.destinations.duckdb(os.path.abspath(f".dlt/data/prod/s_{name}.duckdb")), dataset_name="d")
    p.run([{"id": i, "parts": [{"part": 1}, {"part": 2}]} for i in range(1000)], table_name="rows", write_disposition="replace")
    print("took", time.perf_counter() - began, flush=True)
`;
const server = await startTestServer({});
try {
  const id = await createWorkspace(server, 'm');
  const api = createApiWorkspace(server, id);
  const names = ['kept', 'unkept'];
  await deployWorkspace(server, id, {
    files: Object.fromEntries(names.map((n) => [`${n}.py`, code])),
    jobs: names.map((n) => defineScriptJob(n)),
    requirements: ['dlt[duckdb]==1.31.0'],
    configuration: { 'config.toml': '[pumphouse.jobs.unkept]\nkeep_pending = false\n' },
  });
  const found: Record<string, { attempt: number[]; run: number[] }> = { kept: { attempt: [], run: [] }, unkept: { attempt: [], run: [] } };
  for (let round = 0; round < 16; round += 1)
    for (const n of round % 2 ? names : names.toReversed()) {
      const run = await triggerJob(server, id, `jobs.${n}`);
      const ended = await api.awaitEnd(run);
      const line = (await api.readLog(run)).find(({ content }) => content.startsWith('took'));
      if (ended.status !== 'completed' || !line) throw new Error(`${n} ${ended.status}`);
      if (round === 0) continue;
      const life = await server.client.call('get_job_run_life', { params: { workspace_id: id, job_run_id: run } });
      const attempt = life.attempts.at(-1) as unknown as Record<string, string>;
      const end = Date.parse(String(attempt['finished_at'] ?? ended.time_ended ?? ''));
      const start = Date.parse(String(attempt['started_at'] ?? attempt['created_at']));
      found[n]?.attempt.push((end - start) / 1000);
      found[n]?.run.push(Number(line.content.split(' ')[1]));
      if (round === 1) console.log(JSON.stringify(attempt).slice(0, 600));
      console.log(round, n, (end - start) / 1000, line.content);
    }
  const median = (v: number[]) => v.toSorted((a, b) => a - b)[Math.floor(v.length / 2)];
  for (const n of names) console.log(n, 'attempt', median(found[n]!.attempt), Math.min(...found[n]!.attempt), 'run', median(found[n]!.run), Math.min(...found[n]!.run));
} finally {
  await server.remove();
  await close();
}

import type { TestServer } from '../fixtures/server.ts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { allLines } from './fault-workspace.ts';

/** Conditions that hold for a complete run, whatever happened to the servers. */
export const wholeRun = {
  status: 'completed',
  timesStarted: 1,
  linesOfLogs: allLines,
  linesOfStream: allLines,
  lineNumbersHaveGaps: false,
  pipelineRuns: [{ pipeline: 'numbers', status: 'succeeded', rows: 50 }],
  followers: [{ status: 'completed', timesStarted: 1, lines: ['followed'] }],
};

/** Reads the outcome of runs. `localData` is the folder in which user code records its starts. */
export function createRunDetails(workspaceId: string, localData: string) {
  async function listFollowers(server: TestServer, jobRunId: string) {
    const { items } = await server.client.call('list_job_runs', {
      params: { workspace_id: workspaceId },
      query: { previous_job_run_id: jobRunId },
    });
    return items;
  }

  async function hasWholeFollowers(server: TestServer, jobRunId: string): Promise<boolean> {
    const followers = await listFollowers(server, jobRunId);
    return followers.length > 0 && followers.every(({ finished_at }) => finished_at !== null);
  }

  function countStarts(jobRunId: string): number {
    const path = join(localData, 'starts');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return text.split('\n').filter((line) => line === jobRunId).length;
  }

  async function readUserLines(lines: AsyncIterable<{ content: string; source: string; line_num: number }>) {
    const all = await Array.fromAsync(lines);
    return {
      lines: all.filter(({ source }) => source === 'user').map(({ content }) => content),
      hasGaps: all.some(({ line_num }, index) => line_num !== index),
    };
  }

  async function describeFollowers(server: TestServer, jobRunId: string) {
    const followers = await listFollowers(server, jobRunId);
    return Promise.all(
      followers.map(async ({ id, status }) => ({
        status,
        timesStarted: countStarts(id),
        lines: (await readUserLines(server.client.readLog({ workspaceId, jobRunId: id }))).lines,
      })),
    );
  }

  /** Waits for the end of the run and its downstream runs, and returns the properties of `wholeRun`. */
  async function describeRun(server: TestServer, jobRunId: string) {
    const { status } = await createApiWorkspace(server, workspaceId).awaitEnd(jobRunId);
    if (status === 'completed')
      await eventually('the followers of the run end', () => hasWholeFollowers(server, jobRunId));
    const logs = await readUserLines(server.client.readLog({ workspaceId, jobRunId }));
    const stream = await readUserLines(server.client.followLog({ workspaceId, jobRunId }));
    const pipelineRuns = await createApiWorkspace(server, workspaceId).listPipelineRuns(jobRunId);
    return {
      status,
      timesStarted: countStarts(jobRunId),
      linesOfLogs: logs.lines,
      linesOfStream: stream.lines,
      lineNumbersHaveGaps: logs.hasGaps || stream.hasGaps,
      pipelineRuns: pipelineRuns.map((run) => ({
        pipeline: run.pipeline_name,
        status: run.status,
        rows: run.total_rows_loaded,
      })),
      followers: await describeFollowers(server, jobRunId),
    };
  }

  return { describeRun };
}

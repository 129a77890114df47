import type { Tool } from './tool.ts';
import { compareRun, getRun, listRuns } from './tools/runs.ts';
import { getDataset, getPipeline, listDatasets, listPipelines, listSchemaChanges } from './tools/data.ts';
import { getJob, listJobs, listNextStarts } from './tools/jobs.ts';
import { getCost, getUsage, listWorkspaces } from './tools/workspaces.ts';
import { readRunLog, searchRunLog } from './tools/logs.ts';

/** All tools, in the order in which a user who investigates a failure needs them. */
export const tools: readonly Tool[] = [
  listWorkspaces,
  listJobs,
  getJob,
  listRuns,
  getRun,
  readRunLog,
  searchRunLog,
  compareRun,
  listPipelines,
  getPipeline,
  listDatasets,
  getDataset,
  listSchemaChanges,
  listNextStarts,
  getUsage,
  getCost,
];

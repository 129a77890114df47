import { uuid } from '@pumphouse/contract';
import { z } from 'zod';

const maxNameLength = 1000;
const maxNames = 50;

export const workspaceArgument = {
  workspace_id: uuid.describe('Id of the workspace, as returned by list_workspaces'),
};

export const runArguments = {
  ...workspaceArgument,
  job_run_id: uuid.describe('Id of the run, as returned by list_runs'),
};

export const nameArgument = z.string().max(maxNameLength);
export const namesArgument = z.array(nameArgument).min(1).max(maxNames);
export const searchArgument = z.string().max(500);
export const instantArgument = z.iso.datetime({ offset: true });

/** Arguments of a list with cursors. */
export const pagingArguments = {
  limit: z.int().min(1).max(100).default(20).describe('Maximum number of rows'),
  cursor: z.string().max(2000).optional().describe('next_cursor of the previous page, with the same filters'),
};

/** One or several values of an enum of the API. */
export function listArgument<Word extends z.ZodType>(word: Word) {
  return z.array(word).min(1).max(maxNames);
}

import type { DecisionStore, ExecutorDecision } from '../compose/create-executor.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isErrorCode } from '../platform/error-code.ts';
import { writeWholeFile } from '../platform/write-whole-file.ts';

const decision = z.object({
  executor: z.enum(['process', 'docker']).nullable(),
  engineUrl: z.string().nullable(),
});

/** Keeps the executor that a worker chose at its first start in its data folder. */
export function createDecisionFile(dataDir: string): DecisionStore {
  const path = join(dataDir, 'executor.json');

  async function get(): Promise<ExecutorDecision> {
    try {
      return decision.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return { executor: null, engineUrl: null };
      throw new Error(`The file ${path} cannot be read. Restore it, or use another PUMPHOUSE_DATA_DIR.`, {
        cause: error,
      });
    }
  }

  return {
    get,
    async decideExecutor(executor, engineUrl) {
      const kept = await get();
      if (kept.executor !== null) return kept;
      const decided = { executor, engineUrl };
      await writeWholeFile(path, JSON.stringify(decided), 0o600);
      return decided;
    },
  };
}

import { openRunServices, createServerLog, readConfig } from '@pumphouse/server/operator';
import { withStore } from './admin.ts';

/** Ends a run that no server can see. A running server notices it. */
export async function endRun(jobRunId: string): Promise<void> {
  const config = readConfig();
  const log = createServerLog({ ...config, logLevel: 'warn' });
  const run = await withStore((persistence) =>
    openRunServices(config, persistence, log).endUnknownRun.force(jobRunId),
  );
  process.stderr.write(
    `Ended run ${run.id}. If it still goes on somewhere, it is told to stop at its next call to the server.\n`,
  );
}

import type { AttemptLog } from '../logs/attempt-log.ts';
import type { Logger } from 'pino';
import type { Playground, PlaygroundGrant } from './playground.ts';
import { PlaygroundError } from './playground.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';

export type GrantPlayground = ReturnType<typeof createGrantPlayground>;

const nothing: PlaygroundGrant = { variables: {}, maskedValues: [] };

/**
 * Creates a function that grants a run its playground. If that fails, the run starts without it and its log says
 * so: few runs use it, and the others need not wait for its store.
 */
export function createGrantPlayground({
  playground,
  attemptLog,
  log,
}: {
  playground: Playground | null;
  attemptLog: AttemptLog;
  log: Logger;
}) {
  return async function grantPlayground(
    run: { id: string; workspaceId: string; profile: string },
    attemptId: string,
  ): Promise<PlaygroundGrant> {
    if (!playground) return nothing;
    try {
      return (await playground.grant(run)) ?? nothing;
    } catch (error) {
      log.warn({ err: error, attemptId }, 'a run has no playground');
      const code = error instanceof PlaygroundError ? error.code : 'playground_unavailable';
      const text = `The destination "playground" is not available to this run (${code}). If the run needs it, ask an operator of the server, and start the run again.`;
      await attemptLog.write(run.id, attemptId, [runnerLine(text, new Date())]);
      return nothing;
    }
  };
}

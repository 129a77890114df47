import type { Config } from '../config/config.ts';
import type { LoopDefinition, Loops } from '../platform/loops.ts';
import { assembleRetention } from './open-storage.ts';
import { assembleSupervisor, type SupervisorParts } from './assemble-supervisor.ts';
import { createCompareSchemas } from '../services/pipelines/compare-schemas.ts';
import { createLeftovers } from '../services/retention/leftovers.ts';
import { createReaper } from '../supervisor/reaper.ts';
import { createReleaseQueued } from '../services/runs/release-queued.ts';
import { createSendInvitationMails } from '../services/people/send-invitation-mails.ts';
import { createSmtpMailer } from '../mail/mailer.ts';
import { defineChangesLoop } from '../scheduler/changes-loop.ts';
import { defineMailLoop } from '../scheduler/mail-loop.ts';
import { defineOrphansLoop } from '../supervisor/orphans-loop.ts';
import { defineQueueLoop } from '../scheduler/queue-loop.ts';
import { defineRetentionLoop } from '../scheduler/retention-loop.ts';
import { defineSchemasLoop } from '../supervisor/schemas-loop.ts';
import { defineTickLoop } from '../scheduler/tick-loop.ts';
import { hangSeconds } from './open-store.ts';

export type LoopParts = Omit<SupervisorParts, 'loops'>;

/**
 * Starts the loops of the server's roles: first those that take over existing runs, last those that start new
 * runs.
 * @returns a function that stops the loops and releases what they hold
 */
export async function startLoops(
  config: Config,
  loops: Loops,
  parts: LoopParts,
): Promise<() => Promise<void>> {
  const { persistence, log } = parts;
  const { encryption } = parts.services;
  const supervisor = config.roles.supervisor ? assembleSupervisor(config, { ...parts, loops }) : null;
  const mailer = config.mail && createSmtpMailer(config.mail);
  await supervisor?.start();
  const definitions = [
    ...(supervisor ? defineCleanUpLoops(config, parts) : []),
    ...(mailer ? [defineMailLoop(createSendInvitationMails({ persistence, encryption, mailer, log }))] : []),
    ...(config.roles.scheduler ? defineSchedulerLoops(parts) : []),
  ];
  for (const definition of definitions) await loops.start(definition);
  return async () => {
    await Promise.all([supervisor?.stop(), loops.stop()]);
    mailer?.close();
  };
}

function defineCleanUpLoops(config: Config, { persistence, executor, log }: LoopParts): LoopDefinition[] {
  const retention = defineRetentionLoop({
    persistence,
    retention: assembleRetention(config, persistence, executor, log),
    limits: config.retention,
    log,
  });
  return [
    defineOrphansLoop({
      reaper: createReaper({ persistence, executor, delaySeconds: hangSeconds(config), log }),
      leftovers: createLeftovers({ persistence, executor, log }),
      intervalSeconds: 4 * config.leaseSeconds,
    }),
    ...(retention ? [retention] : []),
    defineSchemasLoop(createCompareSchemas({ persistence, log })),
  ];
}

function defineSchedulerLoops({ persistence, services, executor, log }: LoopParts): LoopDefinition[] {
  const { startRuns, clock } = services;
  return [
    defineTickLoop({ persistence, startRuns, clock, log }),
    defineQueueLoop(createReleaseQueued({ ...services, persistence, executorName: executor.name, log })),
    defineChangesLoop({ persistence }),
  ];
}

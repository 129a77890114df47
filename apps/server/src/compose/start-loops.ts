import type { Config } from '../config/config.ts';
import type { Services } from '../services/create-services.ts';
import type { LoopDefinition, Loops } from '../platform/loops.ts';
import type { SupervisorParts, SupervisorSettings } from '../supervisor/assemble-supervisor.ts';
import { assembleSupervisor } from '../supervisor/assemble-supervisor.ts';
import { createReaper } from '../supervisor/reaper.ts';
import { defineAlertsLoop, defineIncidentRemovalLoop } from '../scheduler/alerts-loop.ts';
import { defineAlertDeliveriesLoop } from '../scheduler/alert-deliveries-loop.ts';
import { defineBackfillLoop } from '../scheduler/backfill-loop.ts';
import { defineChangesLoop } from '../scheduler/changes-loop.ts';
import { defineMailLoop } from '../scheduler/mail-loop.ts';
import { defineOrphansLoop } from '../supervisor/orphans-loop.ts';
import { defineQueueLoop } from '../scheduler/queue-loop.ts';
import { defineRetentionLoop } from '../scheduler/retention-loop.ts';
import { defineSchemasLoop } from '../supervisor/schemas-loop.ts';
import { defineTemplatesLoop } from '../supervisor/templates-loop.ts';
import { defineWorkerWaitsLoop } from '../scheduler/worker-waits-loop.ts';
import { defineTickLoop } from '../scheduler/tick-loop.ts';
import { hangSeconds } from './open-store.ts';
import { planUnknownLimits } from '../domain/attempts/unknown-attempt.ts';

export interface LoopParts extends Omit<SupervisorParts, 'loops' | 'owner'> {
  services: Services;
}

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
  const { sendInvitationMails } = parts.services;
  const supervisor = config.roles.supervisor
    ? assembleSupervisor(selectSupervisorSettings(config), {
        ...parts,
        loops,
        scope: { labels: config.labels },
      })
    : null;
  await supervisor?.start();
  const definitions = [
    ...(supervisor ? defineCleanUpLoops(config, parts) : []),
    ...(sendInvitationMails ? [defineMailLoop(sendInvitationMails)] : []),
    ...(config.roles.scheduler ? defineSchedulerLoops(parts) : []),
  ];
  for (const definition of definitions) await loops.start(definition);
  return async () => {
    await Promise.all([supervisor?.stop(), loops.stop().then(() => parts.services.deliverAlerts.drain())]);
    await parts.executor.templates?.close();
  };
}

function defineCleanUpLoops(config: Config, parts: LoopParts): LoopDefinition[] {
  const { persistence, services, executor, log } = parts;
  const retention = defineRetentionLoop({
    persistence,
    retention: services.retention,
    limits: config.retention,
    log,
  });
  return [
    defineOrphansLoop({
      reaper: createReaper({ persistence, executor, delaySeconds: hangSeconds(config), log }),
      orphans: services.orphans,
      intervalSeconds: 4 * config.leaseSeconds,
    }),
    ...(retention ? [retention] : []),
    defineSchemasLoop(services),
    ...(executor.templates ? [defineTemplatesLoop(executor.templates)] : []),
  ];
}

function defineSchedulerLoops({ persistence, services, log }: LoopParts): LoopDefinition[] {
  const { startRuns, clock } = services;
  return [
    defineTickLoop({ persistence, startRuns, clock, log }),
    defineQueueLoop(services.releaseQueued),
    defineBackfillLoop(services.advanceBackfills, log),
    defineWorkerWaitsLoop(services.noteWorkerWaits),
    defineChangesLoop({ persistence }),
    defineAlertsLoop(services.evaluateAlerts),
    defineIncidentRemovalLoop(services.removeOldIncidents),
    defineAlertDeliveriesLoop(services.deliverAlerts),
  ];
}

/** Selects the settings that the supervisor follows. */
export function selectSupervisorSettings(config: Config): SupervisorSettings {
  return {
    leaseSeconds: config.leaseSeconds,
    deliverySeconds: config.leaseSeconds / 3,
    claimSeconds: hangSeconds(config),
    instanceSizes: config.instanceSizes,
    capacity: config.capacity,
    unknownLimits: planUnknownLimits(config.unknownMinutes),
  };
}

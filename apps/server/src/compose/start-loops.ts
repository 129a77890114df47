import type { CurrentConfig } from '../config/live-config.ts';
import type { Services } from '../services/create-services.ts';
import type { LoopDefinition, Loops } from '../platform/loops.ts';
import type { OnlineMigrations } from '../store/records.ts';
import type { SupervisorParts, SupervisorSettings } from '../supervisor/assemble-supervisor.ts';
import { assembleSupervisor } from '../supervisor/assemble-supervisor.ts';
import { createReaper } from '../supervisor/reaper.ts';
import { defineAlertsLoop, defineIncidentRemovalLoop } from '../scheduler/alerts-loop.ts';
import { defineAlertDeliveriesLoop } from '../scheduler/alert-deliveries-loop.ts';
import {
  defineEventDeliveriesLoop,
  defineEventRemovalLoop,
  defineEventsLoop,
} from '../scheduler/events-loop.ts';
import { defineBackupLoop } from '../scheduler/backup-loop.ts';
import { defineBackfillLoop } from '../scheduler/backfill-loop.ts';
import { defineChangesLoop } from '../scheduler/changes-loop.ts';
import { defineOnlineMigrationsLoop } from '../scheduler/online-migrations-loop.ts';
import { defineMailLoop } from '../scheduler/mail-loop.ts';
import { defineOrphansLoop } from '../supervisor/orphans-loop.ts';
import { defineQueueLoop } from '../scheduler/queue-loop.ts';
import { defineRetentionLoop } from '../scheduler/retention-loop.ts';
import { defineSchemasLoop } from '../supervisor/schemas-loop.ts';
import { defineTemplatesLoop } from '../supervisor/templates-loop.ts';
import { defineWorkerWaitsLoop } from '../scheduler/worker-waits-loop.ts';
import { defineTickLoop } from '../scheduler/tick-loop.ts';
import { hangSeconds } from './open-store.ts';
import { runBackupProcess } from './run-backup-process.ts';
import { planUnknownLimits } from '../domain/attempts/unknown-attempt.ts';

export interface LoopParts extends Omit<SupervisorParts, 'loops' | 'owner'> {
  services: Services;
  onlineMigrations: OnlineMigrations;
}

/**
 * Starts the loops of the server's roles: first those that take over existing runs, last those that start new
 * runs.
 * @returns a function that stops the loops and releases what they hold
 */
export async function startLoops(
  live: CurrentConfig,
  loops: Loops,
  parts: LoopParts,
): Promise<() => Promise<void>> {
  const config = live.current;
  const { sendInvitationMails } = parts.services;
  const supervisor = config.roles.supervisor
    ? assembleSupervisor(selectSupervisorSettings(live), {
        ...parts,
        loops,
        scope: { labels: config.labels },
      })
    : null;
  await supervisor?.start();
  const definitions = [
    ...(supervisor ? defineCleanUpLoops(live, parts) : []),
    ...(sendInvitationMails ? [defineMailLoop(sendInvitationMails)] : []),
    ...(config.roles.scheduler ? [...defineSchedulerLoops(parts), ...defineBackupLoops(live, parts)] : []),
    ...(config.roles.scheduler ? [defineOnlineMigrations(live, parts)] : []),
  ];
  for (const definition of definitions) await loops.start(definition);
  return async () => {
    const { deliverAlerts, deliverEvents } = parts.services;
    const drain = () => Promise.all([deliverAlerts.drain(), deliverEvents.drain()]);
    await Promise.all([supervisor?.stop(), loops.stop().then(drain)]);
    await parts.executor.templates?.close();
  };
}

function defineCleanUpLoops(live: CurrentConfig, parts: LoopParts): LoopDefinition[] {
  const config = live.current;
  const { persistence, services, executor, log } = parts;
  const retention = defineRetentionLoop({
    persistence,
    retention: services.retention,
    removeUndoCopies: () => services.memberLocalData.removeExpired(),
    readLimits: () => live.current.retention,
    log,
  });
  return [
    defineOrphansLoop({
      reaper: createReaper({ persistence, executor, delaySeconds: hangSeconds(config), log }),
      orphans: services.orphans,
      intervalSeconds: 4 * config.leaseSeconds,
    }),
    retention,
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
    defineEventsLoop(services.dispatchEvents),
    defineEventDeliveriesLoop(services.deliverEvents),
    defineEventRemovalLoop(services.removeOldEvents),
  ];
}

function defineBackupLoops(live: CurrentConfig, { persistence }: LoopParts): LoopDefinition[] {
  const { location, schedule } = live.current.backup;
  if (location === null || schedule === null) return [];
  return [defineBackupLoop({ persistence, schedule, runBackup: runBackupProcess })];
}

function defineOnlineMigrations(live: CurrentConfig, { onlineMigrations }: LoopParts): LoopDefinition {
  return defineOnlineMigrationsLoop(onlineMigrations, { isAllowed: () => live.current.onlineMigrations });
}

/** Selects the settings that the supervisor follows. */
export function selectSupervisorSettings(live: CurrentConfig): SupervisorSettings {
  const config = live.current;
  return {
    leaseSeconds: config.leaseSeconds,
    deliverySeconds: config.leaseSeconds / 3,
    claimSeconds: hangSeconds(config),
    instanceSizes: config.instanceSizes,
    dataDir: config.dataDir,
    readCapacitySettings: () => live.current.capacity,
    unknownLimits: planUnknownLimits(config.unknownMinutes),
  };
}

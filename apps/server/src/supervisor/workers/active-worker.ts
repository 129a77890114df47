import type { Executor } from '../../executors/executor.ts';
import type { Loop } from '../../platform/loops.ts';
import type { OrphanCollectorDependencies } from '../../services/retention/orphans.ts';
import type { SupervisorParts, SupervisorSettings } from '../assemble-supervisor.ts';
import type { WorkerLink } from '../../executors/remote/worker-link.ts';
import type { WorkerMode, WorkerRecord } from '../../store/records.ts';
import { assembleSupervisor } from '../assemble-supervisor.ts';
import { closeCodes } from '../../executors/remote/protocol.ts';
import { createOrphanCollector } from '../../services/retention/orphans.ts';
import { createReaper } from '../reaper.ts';
import { createRemoteExecutor } from '../../executors/remote/remote-executor.ts';
import { createServerProcesses } from '../server-processes.ts';
import { defineOrphansLoop } from '../orphans-loop.ts';
import { defineWorkerRetention, type WorkerRetentionParts } from './define-worker-retention.ts';

export type WorkerParts = Omit<
  SupervisorParts,
  'executor' | 'attemptsAddress' | 'owner' | 'scope' | 'isClaiming' | 'environmentsOf'
> &
  Pick<OrphanCollectorDependencies, 'persistence'> & {
    retention: Omit<WorkerRetentionParts, 'log' | 'persistence'>;
  };

/** A connection of a worker that has reported itself. */
export interface Connected {
  connectionId: string;
  link: WorkerLink;
}

/** A worker whose runs this server drives. */
export interface ActiveWorker {
  readonly worker: WorkerRecord;
  /** Null for a worker without a connection, whose runs are unknown. */
  readonly connected: Connected | null;
  readonly executor: Executor;
  /** The worker itself, or an operator, wants it to stop after its last run. */
  isDraining(): boolean;
  setMode(mode: WorkerMode): Promise<void>;
  /** The worker wants to stop after its last run. */
  drain(): Promise<void>;
  start(): Promise<void>;
  /** Its runs continue. */
  stop(): Promise<void>;
}

let lastOwner = 0;

/** Assembles what drives the runs of a worker, without starting it. */
export function createActiveWorker(
  settings: SupervisorSettings,
  parts: WorkerParts,
  worker: WorkerRecord,
  connected: Connected | null,
): ActiveWorker {
  const { persistence, loops, log } = parts;
  const link = connected?.link ?? null;
  const executor = createRemoteExecutor(worker, link);
  let { mode } = worker;
  let wantsToStop = link?.hello.isDraining ?? false;
  const cleaning: Loop[] = [];
  lastOwner += 1;
  const supervisor = assembleSupervisor(
    { ...settings, readCapacitySettings: () => link?.hello.capacity ?? settings.readCapacitySettings() },
    {
      ...parts,
      executor,
      owner: `${createServerProcesses().self}/${worker.id}/${lastOwner}`,
      scope: {
        workerId: worker.id,
        organizationId: worker.organizationId,
        labels: link?.hello.labels ?? worker.labels,
      },
      isClaiming: () => link !== null && link.isOpen && mode === 'active' && !wantsToStop,
      environmentsOf: `${link?.hello.platform ?? 'unknown'} of worker ${worker.id}`,
      attemptsAddress: {
        async find() {
          try {
            if (!link) throw new Error(`The worker ${worker.name} is not connected.`);
            return await link.call('findAttemptsAddress', null);
          } catch (error) {
            return { problem: error instanceof Error ? error.message : String(error) };
          }
        },
        // The worker notes what it starts.
        noteStarted: () => undefined,
      },
    },
  );

  /** Starts the loops that clean the disk of the worker. */
  async function startCleaning(): Promise<void> {
    const orphans = defineOrphansLoop({
      reaper: createReaper({ persistence, executor, delaySeconds: settings.claimSeconds, log }),
      orphans: createOrphanCollector({ persistence, executor, log }),
      intervalSeconds: settings.claimSeconds,
    });
    cleaning.push(await loops.start({ ...orphans, name: `${orphans.name} of worker ${worker.id}` }));
    const retention = defineWorkerRetention(
      { ...parts.retention, persistence, log },
      { id: worker.id, executor },
    );
    cleaning.push(await loops.start(retention));
  }

  return {
    worker,
    connected,
    executor,
    isDraining: () => wantsToStop || mode === 'draining',
    async setMode(next) {
      if (mode === next) return;
      mode = next;
      await supervisor.announceClaiming();
    },
    async drain() {
      wantsToStop = true;
      await supervisor.announceClaiming();
    },
    async start() {
      await supervisor.start();
      if (!link) return;
      await startCleaning();
      link.sendReady();
    },
    async stop() {
      await Promise.all([supervisor.stop(), ...cleaning.map((loop) => loop.stop())]);
      link?.close(closeCodes.replaced, 'The server has ended this connection.');
    },
  };
}

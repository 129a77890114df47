import type { CheckResult } from '../../domain/doctor/check-result.ts';
import type { Config } from '../../config/config.ts';
import type { Executor } from '../../executors/executor.ts';
import type { Persistence } from '../../store/store.ts';
import type { Readiness } from '../../api/probes/readiness.ts';
import type { ReadSystem } from '../../services/doctor/read-system.ts';
import type { RecentErrors } from '../../platform/recent-errors.ts';
import type { Services } from '../../services/create-services.ts';
import { hostname } from 'node:os';
import { createReadSystem } from '../../services/doctor/read-system.ts';
import { createTextMask } from '../../domain/variables/mask-text.ts';
import { examine } from './examine.ts';
import { listSecretSettings } from '../../config/secret-values.ts';
import manifest from '../../../package.json' with { type: 'json' };

/** What the state of a server is read from. */
export interface SystemParts {
  persistence: Persistence;
  services: Pick<Services, 'retention'>;
  executor: Executor;
  serverId: string;
  recentErrors: RecentErrors;
  readUrl: () => string;
  readPort: () => number;
  readiness: () => Promise<Readiness>;
  findRunsProblem: () => Promise<string | null>;
}

/** Connects the state of this server, and the checks of its machine, with what they are read from. */
export function openSystem(
  config: Config,
  parts: SystemParts,
): { readSystem: ReadSystem; examine: () => Promise<CheckResult[]> } {
  const { persistence, services, executor, recentErrors } = parts;
  const mask = createTextMask(listSecretSettings(config));
  const startedAt = new Date();
  const { findRunsProblem, readPort } = parts;
  const probeExecutor = () => executor.probe();
  const examineThis = () =>
    examine({ config, database: persistence, server: { probeExecutor, findRunsProblem, readPort } });
  const readSystem = createReadSystem(persistence, services.retention, {
    server: {
      id: parts.serverId,
      version: manifest.version,
      nodeVersion: process.version,
      hostName: hostname(),
      startedAt,
      roles: listRoles(config.roles),
    },
    readUrl: parts.readUrl,
    executorName: executor.name,
    // A server without the role executes nothing, so that its machine need not be able to.
    probeExecutor: config.roles.supervisor
      ? probeExecutor
      : async () => ({ ok: true, detail: 'This server does not run attempts (PUMPHOUSE_ROLES).' }),
    async readState() {
      const { ok, reasons, degraded, warnings = [], load, loops, disk = null } = await parts.readiness();
      const problems = [...reasons, ...degraded, ...warnings].map(mask);
      return { isReady: ok, problems, load, loops, disk };
    },
    examine: examineThis,
    listRecentErrors: () =>
      recentErrors.list().map((entry) => ({
        ...entry,
        message: mask(entry.message),
        error: entry.error && mask(entry.error),
      })),
  });
  return { readSystem, examine: examineThis };
}

function listRoles({ scheduler, supervisor }: Config['roles']): string[] {
  return ['api', ...(scheduler ? ['scheduler'] : []), ...(supervisor ? ['supervisor'] : [])];
}

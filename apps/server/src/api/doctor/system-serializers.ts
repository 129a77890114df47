import type { SystemReport } from '../../services/doctor/read-system.ts';
import type { SystemResponse } from '@pumphouse/contract';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';
import { toWorker } from '../workers/workers-serializers.ts';

/** Converts the state of a server to its API representation. */
export function toSystem(report: SystemReport): SystemResponse {
  const { server, database, disk, load } = report;
  return {
    installation_id: report.installationId,
    server: {
      id: server.id,
      version: server.version,
      node_version: server.nodeVersion,
      host_name: server.hostName,
      url: server.url,
      started_at: toInstant(server.startedAt),
      roles: [...server.roles],
    },
    servers: report.servers.map(({ hostName, pid }) => ({ host_name: hostName, pid })),
    executor: report.executor,
    is_ready: report.isReady,
    problems: [...report.problems],
    runs: load && {
      pending: load.batch.pending + load.apps.pending,
      active: load.batch.active + load.apps.active,
      unknown: load.unknown,
    },
    database: {
      version: database.version,
      size_bytes: database.sizeBytes,
      used_connections: database.usedConnections,
      max_connections: database.maxConnections,
    },
    disk: disk && { free_bytes: disk.freeBytes, size_bytes: disk.sizeBytes },
    storage:
      report.storage &&
      report.storage.map(({ kind, count, bytes, oldest }) => ({
        kind,
        count,
        bytes: Math.round(bytes),
        oldest_at: toInstantOrNull(oldest),
      })),
    loops: report.loops.map((loop) => ({
      name: loop.name,
      state: loop.state,
      interval_seconds: loop.intervalMs / 1000,
      last_success_at: toInstantOrNull(loop.lastSuccessAt),
      failures: loop.failureCount,
    })),
    workers: report.workers.map(toWorker),
    recent_errors: report.recentErrors.map(({ firstAt, lastAt, ...entry }) => ({
      ...entry,
      first_at: toInstant(firstAt),
      last_at: toInstant(lastAt),
    })),
    checked_at: toInstant(report.checkedAt),
    checks: report.checks.map(({ nextStep, ...check }) => ({ ...check, next_step: nextStep })),
  };
}

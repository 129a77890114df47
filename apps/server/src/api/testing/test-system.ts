import type { Persistence } from '../../store/store.ts';
import type { ReadSystem, SystemPorts } from '../../services/doctor/read-system.ts';
import type { Services } from '../../services/create-services.ts';
import { randomUUID } from 'node:crypto';
import { createReadSystem } from '../../services/doctor/read-system.ts';
import { toResult } from '../../domain/doctor/check-result.ts';

/** Reads the state of a server that runs no loops and executes nothing, over a real store. */
export function createTestSystem(
  persistence: Persistence,
  services: Pick<Services, 'retention'>,
  changes: Partial<SystemPorts> = {},
): ReadSystem {
  return createReadSystem(persistence, services.retention, {
    server: {
      id: randomUUID(),
      version: '1.2.3',
      nodeVersion: 'v24.0.0',
      hostName: 'machine',
      startedAt: new Date('2026-03-01T00:00:00Z'),
      roles: ['api', 'scheduler', 'supervisor'],
    },
    readUrl: () => 'http://127.0.0.1:8080',
    executorName: 'fake',
    probeExecutor: async () => ({ ok: true, detail: 'Nothing is run.' }),
    readState: async () => ({ isReady: true, problems: [], load: null, loops: [], disk: null }),
    examine: async () => [toResult('uv', { status: 'ok', found: 'uv 1.0.0', nextStep: null })],
    listRecentErrors: () => [],
    ...changes,
  });
}

import type { Database } from '../../store/postgres/pool.ts';
import type { ServicePorts, ServiceSettings } from '../service-ports.ts';
import { join } from 'node:path';
import { pino } from 'pino';
import { randomBytes } from 'node:crypto';
import { cheapPasswords } from './cheap-passwords.ts';
import { createAddressPolicy } from '../../outbound/address-policy.ts';
import { createOutboundHttp } from '../../outbound/outbound-http.ts';
import { resolveWithNameServers, resolveWithSystem } from '../../outbound/resolve-host.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { createEventSerializers } from '../../api/events/event-data.ts';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createFolderBlobStore, removeUnfinishedBlobs } from '../../blobs/folder-blob-store.ts';
import { createLogFiles } from '../../blobs/logs/log-file.ts';
import { createNamedHosts } from '../../proxy/hosts.ts';
import { createPersistence } from '../../store/store.ts';
import { databaseClock } from '../scheduling/clock.ts';
import { defaultRetention, parseRetention } from '../../domain/retention/retention-limits.ts';
import { noFaultPoints } from '../../platform/fault-points.ts';
import { parseInstanceSizes } from '../../domain/attempts/instance-sizes.ts';

export const testArchiveLimits = {
  maxBytes: 1024 * 1024,
  maxUnpackedBytes: 1024 * 1024,
  maxEntries: 100,
  maxManifestBytes: 64 * 1024,
};

/**
 * Creates the ports of services in tests: a real database and real folders, small limits, and an executor that
 * runs nothing.
 */
export function createTestPorts(
  database: Database,
  folder: string,
  {
    settings,
    ...changes
  }: Partial<Omit<ServicePorts, 'settings'>> & { settings?: Partial<ServiceSettings> } = {},
): ServicePorts {
  const blobsFolder = join(folder, 'blobs');
  const serverUrl = 'http://127.0.0.1:8080';
  return {
    persistence: createPersistence(database),
    encryption: createEncryption(randomBytes(32)),
    blobs: createFolderBlobStore(blobsFolder),
    logFiles: createLogFiles(join(folder, 'logs')),
    removeUnfinishedBlobs: (olderThanHours) => removeUnfinishedBlobs(blobsFolder, olderThanHours),
    executor: createFakeExecutor(),
    clock: databaseClock,
    now: () => new Date(),
    faultPoints: noFaultPoints,
    passwords: cheapPasswords,
    mailer: null,
    outbound: createOutboundHttp({
      policy: createAddressPolicy(
        () => ({ hosts: [], networks: [] }),
        async () => [],
      ),
      resolve: resolveWithNameServers,
      resolveAllowed: resolveWithSystem,
    }),
    eventSerializers: createEventSerializers(() => serverUrl),
    log: pino({ level: 'silent' }),
    addresses: {
      serverUrl: () => serverUrl,
      apiUrl: () => serverUrl,
      appOrigins: () => createNamedHosts(null, 8090),
    },
    ...changes,
    settings: {
      instanceSizes: parseInstanceSizes(''),
      archiveLimits: testArchiveLimits,
      readRetention: () => parseRetention(defaultRetention),
      openId: null,
      appPorts: null,
      pagerDutyUrl: null,
      ...settings,
    },
  };
}

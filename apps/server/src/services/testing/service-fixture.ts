import type { FaultPointName, FaultPoints } from '../../platform/fault-points.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createEncryption } from '../../platform/encryption.ts';
import { createServices } from '../create-services.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { createTestPorts } from './test-ports.ts';

export type ServiceFixture = Awaited<ReturnType<typeof createServiceFixture>>;

/** The value of `clock.now` unless a test sets it. */
export const noon = new Date('2026-03-10T12:30:00Z');

/** Creates all services with their own database and folders, without background loops. */
export async function createServiceFixture() {
  const testDatabase = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-services-'));
  const secretKey = randomBytes(32);
  /** The time for start decisions. */
  const clock = { now: noon };
  const { faultPoints, setFault } = createFaults();
  const ports = createTestPorts(testDatabase.database, folder, {
    encryption: createEncryption(secretKey),
    clock: async () => clock.now,
    faultPoints,
    mailer: unusedMailer,
  });
  const { persistence } = ports;
  return {
    ...ports,
    ...createServices(ports),
    database: testDatabase.database,
    /** Of its database. */
    url: testDatabase.url,
    folder,
    store: persistence.store,
    /** The key of `encryption`. */
    secretKey,
    clock,
    setFault,
    async close() {
      await testDatabase.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Without the mail loop, invitations only wait for their mail. */
const unusedMailer = {
  send: () => Promise.reject(new Error('The services of a test send no mail')),
  check: async () => undefined,
  close: () => undefined,
};

/** Creates fault points at which a test may fail or wait; by default they do nothing. */
function createFaults() {
  let fault: { name: FaultPointName; act: () => Promise<void> | void } | null = null;
  const faultPoints: FaultPoints = {
    reach: async (name) => {
      if (fault?.name === name) await fault.act();
    },
  };
  return {
    faultPoints,
    setFault: (name: FaultPointName, act: () => Promise<void> | void): void => {
      fault = { name, act };
    },
  };
}

/**
 * A supervisor process over the real database and services, whose attempts run nothing: each is admitted and
 * ends at once. What remains of a run is the server's own work.
 */
import type { AttemptSpec } from '@pumphouse/server/executors/contract/attempt-runner.ts';
import type { FakeExecutor } from '@pumphouse/server/executors/fake/fake-executor.ts';
import { createServices, type Services } from '@pumphouse/server/services/create-services.ts';
import { createLoops } from '@pumphouse/server/platform/loops.ts';
import { assembleSupervisor } from '@pumphouse/server/supervisor/assemble-supervisor.ts';
import { createEncryption } from '@pumphouse/server/platform/encryption.ts';
import { createFakeExecutor } from '@pumphouse/server/executors/fake/fake-executor.ts';
import { createFixedAddress } from '@pumphouse/server/listeners/attempts-address.ts';
import { createServerLog, openStore } from '@pumphouse/server/operator';
import { createPasswords } from '@pumphouse/server/services/sign-in/passwords.ts';
import { createServerAddresses } from '@pumphouse/server/compose/server-addresses.ts';
import { openFilePorts, selectServiceSettings } from '@pumphouse/server/compose/server-ports.ts';
import { selectSupervisorSettings } from '@pumphouse/server/compose/start-loops.ts';
import { readConfig } from '@pumphouse/server/config/config.ts';
import { readSecretKeys } from '@pumphouse/server/config/secret-key.ts';

const config = readConfig(process.env);
const log = createServerLog(config);
const opened = await openStore(config, log);
const { persistence } = opened;
const address = 'http://127.0.0.1:1';
const encryption = createEncryption(await readSecretKeys(config));
const { id: installationId } = await persistence.store.installation.get();
const executor: FakeExecutor = createFakeExecutor({
  // Each supervisor may clean up after the runs of the others.
  handleScope: installationId,
  scripts: {
    attempt(spec) {
      setImmediate(() => void runThrough(services, spec).catch(logUnlessStopped));
      return {};
    },
  },
});
/** Runs in flight at the end of the measurement find the database closed. */
let isStopped = false;
function logUnlessStopped(err: unknown): void {
  if (!isStopped) log.error({ err }, 'a run did not run through');
}
const files = openFilePorts(config, persistence);
const addresses = createServerAddresses({ publicUrl: address, apps: config.apps });
const services = createServices({
  ...files,
  persistence,
  encryption,
  executor,
  mailer: null,
  passwords: createPasswords(),
  addresses,
  settings: selectServiceSettings(config),
  log,
});
const attemptsAddress = createFixedAddress({ url: address });
const supervisor = assembleSupervisor(selectSupervisorSettings(config), {
  ...files,
  persistence,
  services,
  executor,
  installationId,
  attemptsAddress,
  loops: createLoops({ onWake: persistence.onWake, log }),
  log,
});
await supervisor.start();
process.stdout.write('ready\n');
process.once('SIGTERM', () => {
  isStopped = true;
  void supervisor.stop().then(() => opened.close());
});

/** Makes the calls of a bootstrap whose user code does nothing. */
async function runThrough({ beginAttempt, recordSpool }: Services, spec: AttemptSpec): Promise<void> {
  await beginAttempt.begin(spec.attemptId, { claimNumber: spec.claimNumber, nonce: spec.attemptId });
  const exit = {
    n: 0,
    at: new Date().toISOString(),
    kind: 'exit',
    code: 0,
    signal: null,
    out_of_memory: null,
  };
  await recordSpool.record(spec.attemptId, 0, Buffer.from(`${JSON.stringify({ ...exit, reason: null })}\n`));
  executor.finish(spec.attemptId);
}

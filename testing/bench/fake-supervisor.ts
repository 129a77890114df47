/**
 * A supervisor process over the real database and services, whose attempts run nothing: each is admitted and
 * ends at once. What remains of a run is the server's own work.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AttemptSpec } from '@pumphouse/server/executors/contract/attempt-runner.ts';
import type { FakeExecutor } from '@pumphouse/server/executors/fake/fake-executor.ts';
import { createServices, type Services } from '@pumphouse/server/services/create-services.ts';
import { createLoops } from '@pumphouse/server/platform/loops.ts';
import { assembleSupervisor } from '@pumphouse/server/supervisor/assemble-supervisor.ts';
import { createEventSerializers } from '@pumphouse/server/api/events/event-data.ts';
import { createEncryption } from '@pumphouse/server/platform/encryption.ts';
import { createFakeExecutor } from '@pumphouse/server/executors/fake/fake-executor.ts';
import { createFixedAddress } from '@pumphouse/server/listeners/attempts-address.ts';
import { createServerLog, openStore } from '@pumphouse/server/operator';
import { createInstruments } from '@pumphouse/server/platform/instruments.ts';
import type { Instruments } from '@pumphouse/server/platform/instruments.ts';
import type { Readiness } from '@pumphouse/server/api/probes/readiness.ts';
import { openMetricExport } from '@pumphouse/server/compose/open-metric-export.ts';
import { registerState } from '@pumphouse/server/api/probes/metrics-serializers.ts';
import type { SpanSender } from '@pumphouse/server/traces/span.ts';
import { observe } from './observe-message.ts';
import { scrapeSeconds } from './scrape-seconds.ts';
import { openTraces } from '@pumphouse/server/compose/open-traces.ts';
import { createPasswords } from '@pumphouse/server/services/sign-in/passwords.ts';
import { createServerAddresses } from '@pumphouse/server/compose/server-addresses.ts';
import { openFilePorts, selectServiceSettings } from '@pumphouse/server/compose/server-ports.ts';
import { selectSupervisorSettings } from '@pumphouse/server/compose/start-loops.ts';
import { readPrinting } from './fake-printing.ts';
import { readConfig } from '@pumphouse/server/config/config.ts';
import { readSecretKeys } from '@pumphouse/server/config/secret-key.ts';

const config = readConfig(process.env);
const log = createServerLog(config);
/** Whether it counts, times, traces and is scraped. A message changes it. */
let isObserved = true;
const instruments = createSwitchedInstruments();
const opened = await openStore(config, log, instruments);
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
const files = openFilePorts({ current: config }, persistence);
const addresses = createServerAddresses({ publicUrl: address, apps: config.apps });
const traces = switchTraces(await openTraces(config, { instruments, log }));
const services = createServices({
  ...files,
  instruments,
  traces,
  persistence,
  encryption,
  executor,
  mailer: null,
  passwords: createPasswords(),
  addresses,
  eventSerializers: createEventSerializers(addresses.serverUrl),
  settings: selectServiceSettings({ current: config }),
  log,
});
const attemptsAddress = createFixedAddress({ url: address });
const loops = createLoops({ onWake: persistence.onWake, log });
const supervisor = assembleSupervisor(selectSupervisorSettings({ current: config }), {
  ...files,
  persistence,
  services,
  executor,
  installationId,
  attemptsAddress,
  loops,
  log,
});
const readiness = async (): Promise<Readiness> => ({
  ok: true,
  reasons: [],
  degraded: [],
  loops: loops.list(),
  templates: null,
  load: await services.readLoad(),
  ticks: null,
});
const { readBacklog } = services;
const exported = { readiness, readBacklog, instruments, serverId: 'bench', log };
const metricExport = await openMetricExport(config, exported);
const scraping = setInterval(() => void scrape().catch(logUnlessStopped), scrapeSeconds * 1000);
process.on('message', (message) => {
  isObserved = message === observe;
  // From the first message on, each that observes is followed by one scrape and one export.
  clearInterval(scraping);
  if (isObserved) void Promise.all([scrape(), metricExport?.sender.send()]).catch(logUnlessStopped);
});
process.channel?.unref();
await supervisor.start();
process.send?.('ready');
process.once('SIGTERM', () => {
  isStopped = true;
  void (async () => {
    await Promise.all([supervisor.stop(), loops.stop()]);
    await traces?.close();
    await opened.close();
    clearInterval(scraping);
  })();
});

/** Does what a scrape makes a server do. */
async function scrape(): Promise<void> {
  await registerState(await readiness(), await readBacklog()).metrics();
  await instruments.registry.metrics();
}

/** Instruments that count only while the supervisor is observed. */
function createSwitchedInstruments(): Instruments {
  const switched = Object.entries(createInstruments()).map(([name, part]) => {
    if (typeof part !== 'function') return [name, part];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- has the arguments of the part that it stands for
    const act = part as (...given: unknown[]) => void;
    return [name, (...given: unknown[]) => (isObserved ? act(...given) : undefined)];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- has every part of the real one
  return Object.fromEntries(switched) as Instruments;
}

/** Sends traces only while the supervisor is observed. */
function switchTraces(sender: SpanSender | null): SpanSender | null {
  return sender && { ...sender, isSampled: (traceId) => isObserved && sender.isSampled(traceId) };
}

/** Makes the calls of a bootstrap whose user code prints what `readPrinting` says, or nothing. */
async function runThrough({ beginAttempt, recordSpool }: Services, spec: AttemptSpec): Promise<void> {
  await beginAttempt.begin(spec.attemptId, { claimNumber: spec.claimNumber, nonce: spec.attemptId });
  let sent = 0;
  const send = async (records: readonly object[]) => {
    const chunk = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    await recordSpool.record(spec.attemptId, sent, chunk);
    sent += chunk.length;
  };
  const { chunks, linesOfChunk, pauseMs } = readPrinting(process.env);
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    await send(Array.from({ length: linesOfChunk }, (_, line) => printLine(chunk * linesOfChunk + line)));
    await delay(pauseMs);
  }
  const at = new Date().toISOString();
  await send([{ n: 0, at, kind: 'exit', code: 0, signal: null, out_of_memory: null, reason: null }]);
  executor.finish(spec.attemptId);
}

function printLine(number: number): object {
  const text = `${String(number).padStart(8)} ${randomBytes(30).toString('base64')} rows loaded into the table of events`;
  return { n: number, at: new Date().toISOString(), kind: 'log', io: 'stdout', text };
}

import { Counter, Gauge, Registry } from 'prom-client';
import { createDurationHistogram } from './duration-histogram.ts';

/** Connections of the pool to Postgres. */
export interface PoolUse {
  total: number;
  idle: number;
  /** Callers that wait for a connection. */
  waiting: number;
}

/** How a statement begins. `other` covers what is none of these. */
export type StatementKind = 'select' | 'insert' | 'update' | 'delete' | 'with' | 'other';

/**
 * What a server counts and times. Labels have few values that the code knows: no names of workspaces, jobs or
 * users, and no ids. docs/operate/observability.md describes each metric; a test compares the two.
 */
export type Instruments = ReturnType<typeof createInstruments>;

const secondsOfStatements = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const secondsOfPhases = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400];

/** Creates the metrics of one server, each at 0. */
export function createInstruments() {
  const registry = new Registry();
  const registers = [registry];
  const statements = createDurationHistogram(registry, {
    name: 'pumphouse_store_statement_seconds',
    help: 'Duration of statements in Postgres, by how they begin',
    labelName: 'statement',
    limitsSeconds: secondsOfStatements,
  });
  const transactions = createDurationHistogram(registry, {
    name: 'pumphouse_store_transaction_seconds',
    help: 'Duration of transactions, from BEGIN to the answer to COMMIT or ROLLBACK',
    labelName: 'outcome',
    limitsSeconds: secondsOfStatements,
  });
  const connectionWaits = createDurationHistogram(registry, {
    name: 'pumphouse_store_connection_wait_seconds',
    help: 'How long callers waited for a connection of the pool',
    labelName: null,
    limitsSeconds: secondsOfStatements,
  });
  const phases = createDurationHistogram(registry, {
    name: 'pumphouse_attempt_phase_seconds',
    help: 'Duration of the phases of attempts whose runs have ended',
    labelName: 'phase',
    limitsSeconds: secondsOfPhases,
  });
  const count = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const created = count('pumphouse_runs_created_total', 'Runs that were created, by the kind of trigger', [
    'trigger',
  ]);
  const ended = count('pumphouse_runs_ended_total', 'Runs that have ended, by their state', ['state']);
  // A counter that appears with its first event has no rate for it.
  for (const state of ['completed', 'failed', 'cancelled']) ended.inc({ state }, 0);
  const failures = count('pumphouse_run_failures_total', 'Runs that failed, by the code of the failure', [
    'code',
  ]);
  const logLines = count('pumphouse_log_lines_total', 'Stored log lines that runs printed');
  const logBytes = count('pumphouse_log_bytes_total', 'Stored bytes of these lines, before compression');
  const telemetryBodies = count('pumphouse_telemetry_bodies_total', 'Stored reports of dlt');
  const telemetryBytes = count('pumphouse_telemetry_bytes_total', 'Stored bytes of reports of dlt');
  const executorErrors = count('pumphouse_executor_errors_total', 'Calls of executors that failed, by kind', [
    'executor',
    'kind',
  ]);
  const alertAttempts = count(
    'pumphouse_alert_attempts_total',
    'Attempts to send an alert, by their result',
    ['channel', 'result'],
  );
  const eventAttempts = count(
    'pumphouse_event_attempts_total',
    'Attempts to deliver an event to a subscription, by their result',
    ['result'],
  );
  const alertsPostponed = count(
    'pumphouse_alerts_postponed_total',
    'Evaluations of alerts that were put off because a transaction held a row for too long',
  );
  const alertEventsDropped = count(
    'pumphouse_alert_events_dropped_total',
    'Events that were given up after they could not be evaluated for alerts for ten minutes',
  );
  const spansSent = count('pumphouse_trace_spans_sent_total', 'Spans that the collector of traces accepted');
  const spansLost = count(
    'pumphouse_trace_spans_lost_total',
    'Spans that were not sent: the queue was full, or the collector did not accept them',
  );
  const exported = count(
    'pumphouse_metric_exports_total',
    'Exports of metrics to a collector, by their result',
    ['result'],
  );
  for (const result of ['sent', 'failed']) exported.inc({ result }, 0);
  const lineageEvents = count(
    'pumphouse_lineage_events_total',
    'OpenLineage events that the receiver accepted, and those that were not sent: the queue was full, or the receiver did not accept them',
    ['result'],
  );
  for (const result of ['sent', 'lost']) lineageEvents.inc({ result }, 0);

  return {
    registry,
    storeStatement: (kind: StatementKind, seconds: number) => statements(kind, seconds),
    storeTransaction: (outcome: 'committed' | 'rolled_back', seconds: number) =>
      transactions(outcome, seconds),
    storeConnectionWait: (seconds: number) => connectionWaits('', seconds),
    /** Registers the gauges of the pool, which are read at each scrape. */
    watchPool(readPool: () => PoolUse): void {
      const gauge = new Gauge({
        name: 'pumphouse_store_connections',
        help: 'Connections to Postgres, and callers that wait for one',
        labelNames: ['state'],
        registers: [],
        collect() {
          const { total, idle, waiting } = readPool();
          this.set({ state: 'busy' }, total - idle);
          this.set({ state: 'idle' }, idle);
          this.set({ state: 'waiting' }, waiting);
        },
      });
      registry.registerMetric(gauge);
    },
    runCreated: (triggerKind: string) => created.inc({ trigger: triggerKind }),
    runEnded(state: string, failureCode: string | null): void {
      ended.inc({ state });
      if (failureCode !== null) failures.inc({ code: failureCode });
    },
    phaseEnded: (phase: string, seconds: number) => phases(phase, seconds),
    logStored(lines: number, bytes: number): void {
      logLines.inc(lines);
      logBytes.inc(bytes);
    },
    telemetryStored(bodies: number, bytes: number): void {
      telemetryBodies.inc(bodies);
      telemetryBytes.inc(bytes);
    },
    executorFailed: (executor: string, kind: string) => executorErrors.inc({ executor, kind }),
    alertAttempted: (channel: string, result: string) => alertAttempts.inc({ channel, result }),
    eventAttempted: (result: string) => eventAttempts.inc({ result }),
    alertsPostponed: () => alertsPostponed.inc(),
    alertEventDropped: () => alertEventsDropped.inc(),
    spansSent: (spans: number) => spansSent.inc(spans),
    spansLost: (spans: number) => spansLost.inc(spans),
    lineageEvents: (result: 'sent' | 'lost', events: number) => lineageEvents.inc({ result }, events),
    metricsExported: (result: 'sent' | 'failed') => exported.inc({ result }),
  };
}

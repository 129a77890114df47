import type { AlertKind, AlertSchemaChange, AlertSeverity } from '@pumphouse/contract';

/** Conditions of a rule; a kind uses some of them. */
export interface AlertConditions {
  /** Empty: every failure. */
  failureCodes?: readonly string[];
  failuresInRow?: number;
  afterSeconds?: number;
  /** How many times the median of the history. */
  timesUsual?: number;
  /** Runs that the history must have. */
  minimumRuns?: number;
  /** Robust standard deviations: see `row-count.ts`. */
  deviations?: number;
  schemaChanges?: readonly AlertSchemaChange[];
  percent?: number;
}

/** A condition that may be absent has no default. */
export type ConditionName = keyof AlertConditions;

export interface AlertKindMeaning {
  /** As in the names of proposed rules. */
  label: string;
  /** It reports an event that has no end: its incidents are resolved from the start. */
  isMomentary: boolean;
  /** How often the clock evaluates it; null for a kind that only events concern. */
  everySeconds: number | null;
  /** What its incidents are about. Scopes narrow only rules about jobs and pipelines. */
  subject: 'job' | 'run' | 'pipeline' | 'organization' | 'installation';
  severity: AlertSeverity;
  /** Its conditions with their defaults. */
  defaults: AlertConditions;
  /** Conditions without a default. */
  optional: readonly ConditionName[];
}

const minute = 60;
const hour = 3600;

/** Every kind of rule. The descriptions are in docs/concepts/alerts.md. */
export const alertKinds: Record<AlertKind, AlertKindMeaning> = {
  run_failed: {
    label: 'Run failed',
    isMomentary: false,
    everySeconds: null,
    subject: 'job',
    severity: 'critical',
    defaults: { failureCodes: [], failuresInRow: 1 },
    optional: [],
  },
  run_succeeded: momentary('Run succeeded', 'run'),
  recovered: momentary('Job recovered', 'run'),
  backfill_failed: { ...momentary('Backfill failed', 'job'), isMomentary: false, severity: 'warning' },
  backfill_finished: momentary('Backfill finished', 'job'),
  late: timed('Scheduled run is late', 'job', { afterSeconds: 10 * minute }),
  running_long: {
    ...timed('Run takes longer than usual', 'run', { timesUsual: 3, minimumRuns: 5 }),
    optional: ['afterSeconds'],
  },
  stuck_waiting: timed('Run waits too long', 'run', { afterSeconds: 15 * minute }),
  no_output: timed('Run prints nothing', 'run', { afterSeconds: hour }),
  zero_rows: {
    ...momentary('No rows loaded', 'pipeline', { minimumRuns: 3 }),
    isMomentary: false,
    severity: 'warning',
  },
  row_count_off: {
    ...momentary('Unusual number of rows', 'pipeline', { deviations: 5, minimumRuns: 8 }),
    isMomentary: false,
    severity: 'warning',
  },
  schema_changed: momentary('Schema changed', 'pipeline', {
    schemaChanges: [
      'table_added',
      'table_removed',
      'column_added',
      'column_removed',
      'data_type_changed',
      'type_conflict',
      'contract_violated',
    ],
  }),
  freshness_missed: timed('Data is not fresh', 'pipeline', { afterSeconds: 5 * minute }),
  check_failed: {
    ...momentary('Check failed', 'pipeline'),
    isMomentary: false,
    severity: 'warning',
  },
  storage_near_limit: {
    ...timed('Storage is near its limit', 'organization', { percent: 90 }),
    everySeconds: hour,
  },
  limits_near_end: timed('Run minutes are nearly used up', 'organization', { percent: 80 }),
  ticks_behind: {
    ...timed('Scheduler is behind', 'installation', { afterSeconds: 2 * minute }),
    severity: 'critical',
  },
};

function momentary(
  label: string,
  subject: AlertKindMeaning['subject'],
  defaults: AlertConditions = {},
): AlertKindMeaning {
  return { label, isMomentary: true, everySeconds: null, subject, severity: 'info', defaults, optional: [] };
}

function timed(
  label: string,
  subject: AlertKindMeaning['subject'],
  defaults: AlertConditions,
): AlertKindMeaning {
  return {
    label,
    isMomentary: false,
    everySeconds: 30,
    subject,
    severity: 'warning',
    defaults,
    optional: [],
  };
}

/** Lists the conditions that a kind does not have. */
export function findForeignConditions(kind: AlertKind, given: AlertConditions): ConditionName[] {
  const { defaults, optional } = alertKinds[kind];
  return conditionNames.filter(
    (name) => given[name] !== undefined && !Object.hasOwn(defaults, name) && !optional.includes(name),
  );
}

const conditionNames: readonly ConditionName[] = [
  'failureCodes',
  'failuresInRow',
  'afterSeconds',
  'timesUsual',
  'minimumRuns',
  'deviations',
  'schemaChanges',
  'percent',
];

/** The conditions of a rule with the defaults of its kind. */
export function completeConditions(kind: AlertKind, given: AlertConditions): AlertConditions {
  return { ...alertKinds[kind].defaults, ...given };
}

import type { CheckResult } from '../pipelines/evaluate-checks.ts';
import type { Freshness } from '../pipelines/pipeline-freshness.ts';
import type { SchemaChange } from '@pumphouse/contract';
import type { ConsolePaths, IncidentText } from './incident-text.ts';
import type { UsualRows } from './row-count.ts';
import { boundIncident, formatSeconds } from './incident-text.ts';

interface PipelineRun {
  pipelineName: string;
  datasetName: string | null;
  rowsLoaded: number;
  jobRunId: string;
  runNumber: number;
}

export function describeZeroRows(run: PipelineRun, usualRows: number, paths: ConsolePaths): IncidentText {
  return boundIncident({
    title: `${run.pipelineName} loaded no rows, usually ${formatCount(usualRows)}`,
    facts: factsOf(run, usualRows),
    links: [paths.pipeline(run.pipelineName), paths.run(run.jobRunId)],
  });
}

export function describeRowCount(
  run: PipelineRun,
  { usual, deviations }: { usual: UsualRows; deviations: number },
  paths: ConsolePaths,
): IncidentText {
  const comparison = deviations < 0 ? 'fewer' : 'more';
  return boundIncident({
    title: `${run.pipelineName} loaded ${formatCount(run.rowsLoaded)} rows, far ${comparison} than the usual ${formatCount(usual.median)}`,
    facts: [...factsOf(run, usual.median), ['Deviations', Math.abs(deviations).toFixed(1)]],
    links: [paths.pipeline(run.pipelineName), paths.run(run.jobRunId)],
  });
}

export function describeSchemaChange(
  change: {
    pipelineName: string;
    schemaName: string;
    version: number | null;
    changeCount: number;
    jobRunId: string | null;
  },
  changes: readonly SchemaChange[],
  paths: ConsolePaths,
): IncidentText {
  const [first] = changes;
  const more = changes.length > 1 ? ` and ${changes.length - 1} more` : '';
  return boundIncident({
    title: `Schema of ${change.pipelineName} changed: ${first ? describeChange(first) : 'changed'}${more}`,
    details: changes.map(describeChange),
    facts: [
      ['Schema', change.schemaName],
      ['Version', change.version],
      ['Changes', change.changeCount],
    ],
    links: [
      paths.pipeline(change.pipelineName, 'history'),
      ...(change.jobRunId === null ? [] : [paths.run(change.jobRunId)]),
    ],
  });
}

export function describeMissedChecks(
  run: { pipelineName: string; jobRunId: string; runNumber: number },
  missed: readonly CheckResult[],
  paths: ConsolePaths,
): IncidentText {
  const failed = missed.filter(({ status }) => status === 'failed');
  const first = failed[0] ?? missed[0];
  const more = missed.length > 1 ? ` and ${missed.length - 1} more` : '';
  const word = failed.length > 0 ? 'failed' : 'is unknown';
  return boundIncident({
    title: `Check of ${run.pipelineName} ${word}: ${first?.check ?? 'unknown'}${more}`,
    details: missed.map(({ check, detail }) => `${check}: ${detail}`),
    facts: [
      ['Run', `#${run.runNumber}`],
      ['Failed checks', failed.length],
      ...(failed.length < missed.length ? [['Unknown checks', missed.length - failed.length] as const] : []),
    ],
    links: [paths.run(run.jobRunId), paths.pipeline(run.pipelineName)],
  });
}

export function describeBrokenContract(
  run: { pipelineName: string; jobRunId: string; number: number; message: string; table: string | null },
  paths: ConsolePaths,
): IncidentText {
  return boundIncident({
    title: `Schema contract of ${run.pipelineName} violated`,
    details: [run.message],
    facts: [
      ['Run', `#${run.number}`],
      ['Table', run.table],
    ],
    links: [paths.run(run.jobRunId), paths.log(run.jobRunId), paths.pipeline(run.pipelineName)],
  });
}

export function describeStaleness(
  pipelineName: string,
  freshness: Pick<Freshness, 'detail' | 'ageSeconds' | 'expectedEverySeconds'>,
  paths: ConsolePaths,
): IncidentText {
  const { ageSeconds, expectedEverySeconds } = freshness;
  const age = ageSeconds === null ? 'has never succeeded' : `last succeeded ${formatSeconds(ageSeconds)} ago`;
  return boundIncident({
    title: `${pipelineName} is not fresh: it ${age}`,
    details: [freshness.detail],
    facts: [['Expected every', expectedEverySeconds === null ? null : formatSeconds(expectedEverySeconds)]],
    links: [paths.pipeline(pipelineName)],
  });
}

function factsOf(run: PipelineRun, usualRows: number) {
  return [
    ['Run', `#${run.runNumber}`],
    ['Dataset', run.datasetName],
    ['Rows loaded', run.rowsLoaded],
    ['Usual rows (median)', Math.round(usualRows)],
  ] as const;
}

const verbs: Record<string, string> = {
  table_added: 'added',
  table_removed: 'removed',
  column_added: 'added',
  column_removed: 'removed',
};

/** Describes one change, such as `column orders.note added`. */
function describeChange({ kind, table, column, before, after }: SchemaChange): string {
  const name = column === null ? `table ${table ?? ''}` : `column ${table ?? ''}.${column}`;
  const verb = verbs[kind];
  if (verb !== undefined) return `${name} ${verb}`;
  if (kind === 'data_type_changed') return `type of ${name} changed from ${before ?? '?'} to ${after ?? '?'}`;
  if (kind === 'type_conflict')
    return `${name} added for values that ${before ?? 'the column before'} cannot hold`;
  return `${name}: ${kind}`;
}

const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US');

import type { DetailedJobResponse } from '@pumphouse/contract';
import { formatDuration } from '../../look/format.ts';

type FactsJob = Pick<DetailedJobResponse, 'job_definition' | 'job_type' | 'profile' | 'current_version'>;

/** What a job declares, by name; what it leaves open is there too where a default of the server holds. */
export function listJobFacts(job: FactsJob): [name: string, value: string][] {
  const { job_definition: definition, current_version: version } = job;
  const { deliver, require } = definition;
  const facts: [string, string | null | undefined][] = [
    ['Type', job.job_type],
    ['Profile', job.profile],
    ['Code', describeCode(definition)],
    ['Pipeline', deliver?.pipeline_name],
    ['Deadline', deliver?.deadline],
    ['Timeout', describeTimeout(definition)],
    ['Concurrency', describeConcurrency(definition)],
    ['Instance', version?.instance_size],
    ['Time zone', require?.timezone ?? 'UTC'],
    ['Interval', describeInterval(definition)],
    [
      'Refresh',
      definition.refresh_propagation === undefined ? null : `passed on: ${definition.refresh_propagation}`,
    ],
  ];
  return facts.flatMap(([name, value]) => (value == null ? [] : [[name, value]]));
}

type Definition = FactsJob['job_definition'];

function describeCode({ entry_point: { module, function: name } }: Definition): string {
  return name === null ? module : `${module}.${name}`;
}

const usualTimeoutSeconds = 120 * 60;

/** 120 minutes for batch unless it declares another; none where it declares none. */
function describeTimeout({ execute, entry_point: { job_type: type } }: Definition): string {
  if (type === 'interactive') return 'none';
  const declared = execute.timeout === null ? 0 : execute.timeout?.timeout;
  const seconds = declared ?? (type === 'batch' ? usualTimeoutSeconds : 0);
  return seconds === 0 ? 'none' : formatDuration(seconds);
}

function describeConcurrency({ execute: { concurrency } }: Definition): string {
  return concurrency === null ? 'unlimited' : String(concurrency ?? 1);
}

function describeInterval({ interval }: Definition): string | null {
  if (interval === undefined) return null;
  return `from ${interval.start}${interval.end === undefined ? '' : ` to ${interval.end}`}`;
}

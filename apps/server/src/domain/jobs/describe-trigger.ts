import cronstrue from 'cronstrue';
import { readUpstreamRef } from '../scheduling/refresh.ts';
import { InvalidTriggerError, parseTrigger } from './trigger.ts';

const unitSeconds = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/**
 * Describes in English what starts a job: "every 10 minutes", "at 06:15, Monday through Friday", "after
 * shop.orders succeeds". A cron without a description (one with `R`) and a trigger unknown to this version
 * are returned as written. Clock times are in the job's zone, which is not named.
 */
export function describeTrigger(raw: string): string {
  const trigger = parse(raw);
  if (trigger === null) return raw;
  switch (trigger.type) {
    case 'schedule':
      return describeCron(trigger.expr);
    case 'every':
      return describePeriod(trigger.expr);
    case 'once':
      return `once, at ${trigger.expr.toISOString().replace('.000Z', 'Z')}`;
    case 'job.success':
      return `after ${nameJob(trigger.expr)} succeeds`;
    case 'job.fail':
      return `after ${nameJob(trigger.expr)} fails`;
    case 'http':
      return 'on a request to the app';
    case 'deployment':
      return 'on deployment';
    case 'webhook':
      return trigger.expr === '' ? 'on a webhook delivery' : `on a delivery to webhook ${trigger.expr}`;
    case 'tag':
      return `by tag ${trigger.expr}`;
    case 'manual':
      return 'manual';
    default:
      return `by pipeline ${trigger.expr}`;
  }
}

/** Describes what a freshness constraint makes a job wait for: "when shop.orders is fresh". */
export function describeFreshness(constraint: string): string {
  return `when ${nameJob(readUpstreamRef(constraint))} is fresh`;
}

function parse(raw: string) {
  try {
    return parseTrigger(raw);
  } catch (error) {
    if (error instanceof InvalidTriggerError) return null;
    throw error;
  }
}

function nameJob(ref: string): string {
  return ref.startsWith('jobs.') ? ref.slice('jobs.'.length) : ref;
}

/** The library expects seconds at the start and years at the end; dlt puts both at the end. */
function describeCron(expression: string): string {
  const text = expression.trim();
  const fields = text.split(/\s+/);
  const [seconds = '0', ...years] = fields.slice(5);
  const isPlain = fields.length <= 5 || (seconds === '0' && years.length === 0);
  const pattern = isPlain ? fields.slice(0, 5) : [seconds, ...fields.slice(0, 5), ...years];
  try {
    const segments = cronstrue.toString(pattern.join(' '), { use24HourTimeFormat: true });
    return segments.charAt(0).toLowerCase() + segments.slice(1);
  } catch {
    return text;
  }
}

function describePeriod(seconds: number): string {
  const parts: string[] = [];
  let left = Math.round(seconds);
  for (const [unit, size] of unitSeconds) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  const [only = ''] = parts;
  return parts.length === 1 && only.startsWith('1 ') ? `every ${only.slice(2)}` : `every ${parts.join(' ')}`;
}

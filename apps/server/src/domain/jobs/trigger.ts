import { triggerKind, type TriggerKind } from '@pumphouse/contract';
import { findCronProblem } from '../scheduling/cron.ts';
import { parsePeriodSeconds } from '../primitives/period.ts';
import { parseIsoInstant } from '../primitives/time-zone.ts';

/** Trigger types that a job may declare, and the two that the server adds. */
export const TRIGGER_TYPES = [
  'schedule',
  'every',
  'once',
  'job.success',
  'job.fail',
  'http',
  'deployment',
  'webhook',
  'tag',
  'manual',
  'pipeline_name',
] as const;
export type TriggerType = (typeof TRIGGER_TYPES)[number];

/** A parsed trigger: `raw` is the text; `expr` is the part after the first colon, parsed by type. */
export type Trigger =
  | { type: 'schedule'; expr: string; raw: string }
  | { type: 'every'; /** Seconds. */ expr: number; raw: string }
  | { type: 'once'; expr: Date; raw: string }
  | { type: 'http'; expr: { port: number | null; path: string }; raw: string }
  | { type: 'deployment'; expr: null; raw: string }
  | { type: TextTriggerType; expr: string; raw: string };
type TextTriggerType = 'job.success' | 'job.fail' | 'webhook' | 'tag' | 'manual' | 'pipeline_name';

/**
 * A trigger that dlt 1.31 rejects too; `message` is dlt's, `detail` adds more information if there is any.
 */
export class InvalidTriggerError extends Error {
  override readonly name = 'InvalidTrigger';
  readonly detail: string | null;

  constructor(trigger: string, reason: string, detail: string | null = null) {
    super(`Invalid trigger '${trigger}': ${reason}`);
    this.detail = detail;
  }
}

const MIN_PERIOD_SECONDS = 60;
const JOB_TYPE_SELECTORS = new Set(['batch', 'interactive', 'stream', 'job']);
const HIGHEST_PORT = 65_535;

/** Returns the type of a trigger text; null if it is not `type:expr` with a known type. */
export function readTriggerType(trigger: string): TriggerType | null {
  const colon = trigger.indexOf(':');
  return colon < 0 ? null : toTriggerType(trigger.slice(0, colon));
}

/**
 * Returns the API's kind of a trigger text; null for types without one (`tag:`, `deployment:`,
 * `pipeline_name:`).
 */
export function readTriggerKind(trigger: string): TriggerKind | null {
  const type = readTriggerType(trigger);
  return triggerKind.options.find((kind) => kind === type) ?? null;
}

const tagPrefix = 'tag:';

/** Lists the tags among the triggers of a job, in their order. */
export function listTags(triggers: readonly string[]): string[] {
  return triggers.flatMap((trigger) =>
    trigger.startsWith(tagPrefix) ? [trigger.slice(tagPrefix.length)] : [],
  );
}

/** Reports whether a clock fires the trigger repeatedly: `schedule:` or `every:`. */
export function isTimedTrigger(trigger: string): boolean {
  const type = readTriggerType(trigger);
  return type === 'schedule' || type === 'every';
}

/**
 * Parses a normalized trigger with the grammar and messages of dlt 1.31.
 * @throws {InvalidTriggerError}
 */
export function parseTrigger(raw: string): Trigger {
  const colon = raw.indexOf(':');
  if (colon < 0) throw new InvalidTriggerError(raw, 'must be in type:expr form');
  const typeText = raw.slice(0, colon);
  const type = toTriggerType(typeText);
  if (type === null) throw new InvalidTriggerError(raw, `unknown type '${typeText}'`);
  const text = raw.slice(colon + 1);
  switch (type) {
    case 'schedule':
      return { type, expr: checkCron(raw, text), raw };
    case 'every':
      return { type, expr: readPeriodSeconds(raw, text), raw };
    case 'once':
      return { type, expr: parseOnce(raw, text), raw };
    case 'http':
      return { type, expr: parseHttp(raw, text), raw };
    case 'deployment':
      return { type, expr: null, raw };
    case 'job.success':
    case 'job.fail':
      return { type, expr: checkJobEvent(raw, text), raw };
    case 'webhook':
      return { type, expr: text, raw };
    default:
      if (text.trim() === '') throw new InvalidTriggerError(raw, 'requires a name');
      return { type, expr: text, raw };
  }
}

/**
 * Normalizes a trigger as a user writes it to its stored form: a bare cron gets the prefix `schedule:`, bare
 * `http`, `deployment` and `webhook` get a colon, job events get the full job ref. A text that has a type is
 * unchanged.
 * @throws {InvalidTriggerError} also on `manual:` and `pipeline_name:`, which users must not write
 */
export function normalizeTrigger(text: string): string {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  const typeText = colon < 0 ? trimmed : trimmed.slice(0, colon);
  if (typeText === 'manual' || typeText === 'pipeline_name') {
    throw new InvalidTriggerError(trimmed, `${typeText}: triggers are added automatically`);
  }
  if (colon < 0) return normalizeBareTrigger(trimmed);
  const full =
    typeText === 'job.success' || typeText === 'job.fail'
      ? `${typeText}:${normalizeJobEvent(trimmed, trimmed.slice(colon + 1))}`
      : trimmed;
  parseTrigger(full);
  return full;
}

function normalizeBareTrigger(text: string): string {
  if (text === 'http' || text === 'deployment' || text === 'webhook') return `${text}:`;
  if (toTriggerType(text) !== null) throw new InvalidTriggerError(text, 'requires an expression');
  if (findCronProblem(text) === null) return `schedule:${text}`;
  throw new InvalidTriggerError(text, 'cannot normalize');
}

function normalizeJobEvent(trigger: string, text: string): string {
  if (text === '' || text.startsWith('jobs.') || text === '*' || isJobTypeOrTriggerSelector(text))
    return text;
  if (isGlob(text)) return `jobs.${text}`;
  const parts = text.split('.');
  if (parts.length === 2) return `jobs.${text}`;
  const reason =
    parts.length === 1
      ? 'bare job name requires a job_refs list for resolution; use section.name or jobs.section.name form'
      : 'use name, section.name, or jobs.section.name form';
  throw new InvalidTriggerError(trigger, `Invalid job ref '${text}': ${reason}`);
}

function checkJobEvent(trigger: string, text: string): string {
  if (text === '') throw new InvalidTriggerError(trigger, 'requires a job_ref or selector');
  if (text.startsWith('jobs.') || isJobTypeOrTriggerSelector(text) || isGlob(text)) return text;
  throw new InvalidTriggerError(trigger, "expression must start with 'jobs.' or be a selector");
}

function isJobTypeOrTriggerSelector(text: string): boolean {
  return text.includes(':') || JOB_TYPE_SELECTORS.has(text);
}

function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

function checkCron(trigger: string, text: string): string {
  if (text.trim() === '') throw new InvalidTriggerError(trigger, 'requires a cron expression');
  const problem = findCronProblem(text);
  if (problem !== null) throw new InvalidTriggerError(trigger, 'invalid cron expression', problem);
  return text;
}

function readPeriodSeconds(trigger: string, text: string): number {
  const seconds = parsePeriodSeconds(text);
  if (seconds === null) throw new InvalidTriggerError(trigger, "period must be like '5m', '1h', '1d'");
  if (seconds <= 0) throw new InvalidTriggerError(trigger, 'period must be positive');
  if (seconds < MIN_PERIOD_SECONDS) {
    throw new InvalidTriggerError(trigger, 'minimum period is 1 minute');
  }
  return seconds;
}

function parseOnce(trigger: string, text: string): Date {
  const at = parseIsoInstant(text, 'UTC');
  if (at === null) throw new InvalidTriggerError(trigger, 'requires ISO 8601 timestamp');
  return at;
}

function parseHttp(trigger: string, text: string): { port: number | null; path: string } {
  if (text.startsWith('//')) {
    throw new InvalidTriggerError(trigger, 'should be http:[port][/path], not a full URL');
  }
  const slash = text.indexOf('/');
  const portText = slash < 0 ? text : text.slice(0, slash);
  const path = slash < 0 ? '' : text.slice(slash);
  if (portText === '') return { port: null, path };
  if (!/^\d+$/.test(portText)) {
    throw new InvalidTriggerError(
      trigger,
      `port invalid: Port could not be cast to integer value as '${portText}'`,
    );
  }
  const port = Number(portText);
  if (port < 1 || port > HIGHEST_PORT) {
    throw new InvalidTriggerError(trigger, 'port invalid: Port out of range 0-65535');
  }
  return { port, path };
}

function toTriggerType(text: string): TriggerType | null {
  return TRIGGER_TYPES.find((type) => type === text) ?? null;
}

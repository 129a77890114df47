import { findLabelsProblem } from '../workers/labels.ts';
import {
  AUTO_REFRESH_PIPELINE_MODES,
  findProfileProblem,
  INCREMENTAL_MODES,
  INSTANCE_SIZES,
  JOB_CATEGORIES,
  JOB_INTERFACES,
  JOB_TYPES,
  type JobDefinition,
} from './job-definition.ts';
import { JOB_ENGINE_VERSION, migrateJobDefinition } from './job-definition-migration.ts';
import { isJobDefinition, OPTIONAL_OBJECTS } from './definition-structure.ts';
import { isPlainObject } from '../primitives/plain-object.ts';
import { isTextList } from '../primitives/text-list.ts';
import { readUpstreamRef, REFRESH_PROPAGATIONS } from '../scheduling/refresh.ts';
import { isTimeZone, parseIsoInstant } from '../primitives/time-zone.ts';
import { findWebhookPathProblem } from '../webhooks/webhook-path.ts';
import {
  InvalidTriggerError,
  isTimedTrigger,
  parseTrigger,
  readTriggerType,
  type Trigger,
} from './trigger.ts';
import { findPortProblem } from '../apps/app-trigger.ts';

/** A valid definition, or everything that is wrong with it, one sentence for each problem. */
export type DefinitionReading = { ok: true; definition: JobDefinition } | { ok: false; problems: string[] };

type JsonObject = Record<string, unknown>;
type Report = (problem: string) => void;

const FRESHNESS_PREFIX = 'job.is_fresh:';
const OBJECT_INPUT_TYPES = ['job-runs', 'job-run', 'job', 'workspace', 'pipeline', 'dataset'];

/**
 * Migrates a definition to engine version 2 and checks everything that would later break the server or the
 * dlt client: required keys, closed enums, keys that are null instead of absent, triggers, zone, profile.
 * Unknown keys are kept.
 */
export function readJobDefinition(input: unknown): DefinitionReading {
  const migrated = migrateJobDefinition(input);
  if (!isPlainObject(migrated)) return { ok: false, problems: ['a job definition must be an object'] };
  const ref = migrated['job_ref'];
  const name = typeof ref === 'string' && ref !== '' ? ref : 'job without job_ref';
  const problems: string[] = [];
  const report: Report = (problem) => problems.push(`${name}: ${problem}`);
  checkRequiredKeys(migrated, report);
  for (const key of OPTIONAL_OBJECTS) {
    if (migrated[key] !== undefined && !isPlainObject(migrated[key]))
      report(`${key} must be an object or absent`);
  }
  for (const key of ['description', 'default_trigger']) checkText(migrated[key], key, report);
  for (const key of ['config_keys', 'freshness']) checkTexts(migrated[key], key, report);
  checkExecute(asObject(migrated['execute']), report);
  checkExpose(asObject(migrated['expose']), report);
  checkRequire(asObject(migrated['require']), report);
  checkModes(migrated, report);
  checkAgent(migrated['agent'], report);
  checkDeliver(asObject(migrated['deliver']), report);
  checkTriggers(migrated, report);
  checkFreshness(migrated, report);
  checkInterval(migrated, report);
  if (problems.length > 0) return { ok: false, problems };
  if (!isJobDefinition(migrated)) throw new Error(`The checks of ${name} missed a part of its structure`);
  return { ok: true, definition: migrated };
}

/**
 * Finds problems across the definitions of a deployment: duplicate refs, and job events or freshness
 * constraints on a job that is neither in the deployment nor in `existingRefs`.
 * @param existingRefs jobs of the workspace that the deployment leaves in place
 */
export function findDeploymentProblems(
  definitions: readonly JobDefinition[],
  existingRefs: Iterable<string>,
): string[] {
  const problems: string[] = [];
  const own = new Set<string>();
  for (const { job_ref: ref } of definitions) {
    if (own.has(ref)) problems.push(`${ref}: is defined twice`);
    own.add(ref);
  }
  const known = new Set([...existingRefs, ...own]);
  for (const definition of definitions) {
    for (const ref of listReferences(definition)) {
      if (!known.has(ref)) problems.push(`${definition.job_ref}: refers to unknown job '${ref}'`);
    }
  }
  return problems;
}

function listReferences(definition: JobDefinition): string[] {
  const followed = definition.triggers
    .filter(isJobEvent)
    .map((trigger) => trigger.slice(trigger.indexOf(':') + 1))
    .filter((ref) => isJobRef(ref));
  return [...followed, ...(definition.freshness ?? []).map(readUpstreamRef)];
}

function checkRequiredKeys(definition: JsonObject, report: Report): void {
  if (definition['engine_version'] !== JOB_ENGINE_VERSION) {
    report(`engine_version must be ${JOB_ENGINE_VERSION}`);
  }
  const ref = definition['job_ref'];
  if (typeof ref !== 'string' || !isJobRef(ref)) {
    report('job_ref must be jobs.<name> or jobs.<section>.<name>, of identifiers other than py');
  }
  const entryPoint = definition['entry_point'];
  if (isPlainObject(entryPoint)) checkEntryPoint(entryPoint, report);
  else report('entry_point must be an object');
  if (!isTextList(definition['triggers'])) report('triggers must be a list of texts');
  if (!isPlainObject(definition['execute'])) report('execute must be an object');
}

function checkEntryPoint(entryPoint: JsonObject, report: Report): void {
  const { module, function: functionName, launcher } = entryPoint;
  if (typeof module !== 'string' || module === '') report('entry_point.module must be a text');
  if (functionName !== null && (typeof functionName !== 'string' || functionName === '')) {
    report('entry_point.function must be a text or null');
  }
  checkEnum(entryPoint['job_type'], JOB_TYPES, 'entry_point.job_type', report, true);
  // The launcher becomes the argument of `python -m`.
  if (typeof launcher !== 'string' || !launcher.split('.').every(isIdentifier)) {
    report('entry_point.launcher must be the dotted name of a module');
  }
}

function checkExecute(execute: JsonObject, report: Report): void {
  const { timeout, concurrency, intercept_signals: interceptSignals } = execute;
  if (timeout !== undefined && timeout !== null && !isPlainObject(timeout)) {
    report('execute.timeout must be an object or null');
  }
  for (const key of ['timeout', 'grace_period']) {
    const seconds = asObject(timeout)[key];
    if (seconds === undefined) continue;
    if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) {
      report(`execute.timeout.${key} must be a number of seconds`);
    }
  }
  if (concurrency !== undefined && concurrency !== null) {
    if (typeof concurrency !== 'number' || !Number.isSafeInteger(concurrency) || concurrency < 1) {
      report('execute.concurrency must be a whole number of at least 1, or null');
    }
  }
  checkBoolean(interceptSignals, 'execute.intercept_signals', report);
}

function checkExpose(expose: JsonObject, report: Report): void {
  checkText(expose['display_name'], 'expose.display_name', report);
  checkBoolean(expose['manual'], 'expose.manual', report);
  checkBoolean(expose['starred'], 'expose.starred', report);
  checkEnum(expose['interface'], JOB_INTERFACES, 'expose.interface', report);
  checkEnum(expose['category'], JOB_CATEGORIES, 'expose.category', report);
  const { tags, object_input: objectInput } = expose;
  const tagList = typeof tags === 'string' ? [tags] : tags;
  if (tags !== undefined && !(isTextList(tagList) && tagList.every((tag) => tag.trim() !== ''))) {
    report('expose.tags must be a text or a list of texts, none of them empty');
  }
  if (objectInput === undefined) return;
  checkEnum(
    asObject(objectInput)['entity_type'],
    OBJECT_INPUT_TYPES,
    'expose.object_input.entity_type',
    report,
    true,
  );
  if (typeof asObject(objectInput)['input'] !== 'string') report('expose.object_input.input must be a text');
}

function checkRequire(require: JsonObject, report: Report): void {
  const { profile, timezone, instance } = require;
  checkTexts(require['dependency_groups'], 'require.dependency_groups', report);
  for (const key of ['profile', 'provider', 'region', 'timezone'])
    checkText(require[key], `require.${key}`, report);
  checkBoolean(require['static_egress_ips'], 'require.static_egress_ips', report);
  const profileProblem = typeof profile === 'string' ? findProfileProblem(profile) : null;
  if (profileProblem !== null) report(`require.profile: ${profileProblem}`);
  if (typeof timezone === 'string' && !isTimeZone(timezone)) {
    report(`require.timezone '${timezone}' is not an IANA zone such as Europe/Berlin`);
  }
  if (instance !== undefined && !isPlainObject(instance)) report('require.instance must be an object');
  checkEnum(asObject(instance)['size'], INSTANCE_SIZES, 'require.instance.size', report);
  const { labels } = asObject(instance);
  const labelsProblem = labels === undefined ? null : findLabelsProblem(labels);
  if (labelsProblem !== null) report(`require.instance.labels ${labelsProblem}`);
}

function checkModes(definition: JsonObject, report: Report): void {
  checkEnum(definition['incremental_mode'], INCREMENTAL_MODES, 'incremental_mode', report);
  checkEnum(definition['refresh_propagation'], REFRESH_PROPAGATIONS, 'refresh_propagation', report);
  checkEnum(
    definition['auto_refresh_pipeline_mode'],
    AUTO_REFRESH_PIPELINE_MODES,
    'auto_refresh_pipeline_mode',
    report,
  );
}

function checkAgent(agent: unknown, report: Report): void {
  if (!isPlainObject(agent)) return;
  if (typeof agent['engine_version'] !== 'number') report('agent.engine_version must be a number');
  if (typeof agent['name'] !== 'string') report('agent.name must be a text');
}

function checkDeliver(deliver: JsonObject, report: Report): void {
  for (const key of ['source_ref', 'pipeline_name', 'deadline'])
    checkText(deliver[key], `deliver.${key}`, report);
}

function checkTriggers(definition: JsonObject, report: Report): void {
  const triggers = readTexts(definition['triggers']);
  const defaultTrigger = definition['default_trigger'];
  const texts = typeof defaultTrigger === 'string' ? [...triggers, defaultTrigger] : triggers;
  for (const text of new Set(texts)) checkTrigger(text, report);
  for (const trigger of triggers) {
    if (isJobEvent(trigger) && trigger.slice(trigger.indexOf(':') + 1) === definition['job_ref']) {
      report(`trigger '${trigger}' makes the job follow itself`);
    }
  }
  if (triggers.filter(isTimedTrigger).length > 1) report('only one schedule or every trigger is allowed');
  const isBatch = asObject(definition['entry_point'])['job_type'] === 'batch';
  if (isBatch && triggers.some((trigger) => readTriggerType(trigger) === 'http')) {
    report('a batch job cannot have an http trigger');
  }
}

function checkTrigger(trigger: string, report: Report): void {
  try {
    const problem = findReachProblem(parseTrigger(trigger));
    if (problem !== null) report(`trigger '${trigger}' cannot be reached: ${problem}`);
  } catch (error) {
    if (!(error instanceof InvalidTriggerError)) throw error;
    report(error.detail === null ? error.message : `${error.message} (${error.detail})`);
  }
}

function findReachProblem({ type, expr }: Trigger): string | null {
  if (type === 'webhook') return findWebhookPathProblem(expr);
  return type === 'http' ? findPortProblem(expr.port) : null;
}

function checkFreshness(definition: JsonObject, report: Report): void {
  for (const constraint of readTexts(definition['freshness'])) {
    const ref = readUpstreamRef(constraint);
    if (!constraint.startsWith(FRESHNESS_PREFIX) || !isJobRef(ref)) {
      report(`freshness '${constraint}' must be ${FRESHNESS_PREFIX}<job_ref>`);
    } else if (ref === definition['job_ref']) {
      report('a job cannot wait for its own freshness');
    }
  }
}

function checkInterval(definition: JsonObject, report: Report): void {
  const interval = definition['interval'];
  if (!isPlainObject(interval)) return;
  const zone = asObject(definition['require'])['timezone'];
  const validZone = typeof zone === 'string' && isTimeZone(zone) ? zone : 'UTC';
  for (const key of ['start', 'end']) {
    const text = interval[key];
    if (key === 'end' && text === undefined) continue;
    if (typeof text !== 'string' || parseIsoInstant(text, validZone) === null) {
      report(`interval.${key} must be an ISO 8601 date or datetime`);
    }
  }
  checkEnum(interval['mode'], ['sequential', 'parallel'], 'interval.mode', report);
  if (!readTexts(definition['triggers']).some(isTimedTrigger)) {
    report('interval needs a schedule or every trigger');
  }
}

function checkEnum(
  value: unknown,
  allowed: readonly string[],
  key: string,
  report: Report,
  isRequired = false,
): void {
  if (value === undefined && !isRequired) return;
  if (typeof value !== 'string' || !allowed.includes(value)) {
    report(`${key} must be one of ${allowed.join(', ')}`);
  }
}

function checkText(value: unknown, key: string, report: Report): void {
  if (value !== undefined && typeof value !== 'string') report(`${key} must be a text or absent`);
}

function checkTexts(value: unknown, key: string, report: Report): void {
  if (value !== undefined && !isTextList(value)) report(`${key} must be a list of texts or absent`);
}

function checkBoolean(value: unknown, key: string, report: Report): void {
  if (value !== undefined && typeof value !== 'boolean') report(`${key} must be true or false`);
}

/** Reports whether a text is `jobs.<name>` or `jobs.<section>.<name>`. */
export function isJobRef(text: string): boolean {
  const [root, ...names] = text.split('.');
  const hasNames = names.length === 1 || names.length === 2;
  return root === 'jobs' && hasNames && names.every((name) => isIdentifier(name) && name !== 'py');
}

function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(text);
}

function isJobEvent(trigger: string): boolean {
  const type = readTriggerType(trigger);
  return type === 'job.success' || type === 'job.fail';
}

function readTexts(value: unknown): string[] {
  return isTextList(value) ? value : [];
}

function asObject(value: unknown): JsonObject {
  return isPlainObject(value) ? value : {};
}

import { readTriggerType } from '../jobs/trigger.ts';

const longestPathCharacters = 512;

/**
 * The path of a `webhook:` trigger, in the form that all spellings of it share: without slashes at its ends. '' is that of a trigger
 * without a path. Null for triggers of other types.
 */
export function readWebhookPath(trigger: string): string | null {
  if (readTriggerType(trigger) !== 'webhook') return null;
  return normalizeWebhookPath(trigger.slice(trigger.indexOf(':') + 1));
}

export function normalizeWebhookPath(path: string): string {
  return path.trim().replaceAll(/^\/+|\/+$/g, '');
}

/** The trigger of a job that listens to exactly this path; undefined when it has none. */
export function findWebhookTrigger(triggers: readonly string[], path: string): string | undefined {
  return triggers.find((trigger) => readWebhookPath(trigger) === path);
}

/** Why no sender could reach the path, or null. */
export function findWebhookPathProblem(path: string): string | null {
  const normal = normalizeWebhookPath(path);
  if (normal.length > longestPathCharacters)
    return `the path is longer than ${longestPathCharacters} characters`;
  if (/\p{Cc}/u.test(normal) || !normal.isWellFormed()) return 'the path has a control character';
  const parts = normal.split('/');
  if (normal !== '' && parts.includes('')) return 'the path has an empty part';
  // HTTP clients resolve such parts before they send anything.
  if (parts.includes('.') || parts.includes('..')) return "the path has a part '.' or '..'";
  return null;
}

/** The path as the end of an address, with the slash before it. */
export function encodeWebhookPath(path: string): string {
  return path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`;
}

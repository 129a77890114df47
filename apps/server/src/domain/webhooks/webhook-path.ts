import { readTriggerType } from '../jobs/trigger.ts';

const maxPathCharacters = 512;

/**
 * Reads the path of a `webhook:` trigger in normalized form, without leading and trailing slashes; '' for a
 * trigger without a path. Null for triggers of other types.
 */
export function readWebhookPath(trigger: string): string | null {
  if (readTriggerType(trigger) !== 'webhook') return null;
  return normalizeWebhookPath(trigger.slice(trigger.indexOf(':') + 1));
}

export function normalizeWebhookPath(path: string): string {
  return path.trim().replaceAll(/^\/+|\/+$/g, '');
}

/** Finds the trigger of a job that listens on exactly this path; undefined if it has none. */
export function findWebhookTrigger(triggers: readonly string[], path: string): string | undefined {
  return triggers.find((trigger) => readWebhookPath(trigger) === path);
}

/** Explains why no sender could reach the path; null if one can. */
export function findWebhookPathProblem(path: string): string | null {
  const normal = normalizeWebhookPath(path);
  if (normal.length > maxPathCharacters) return `the path is longer than ${maxPathCharacters} characters`;
  if (/\p{Cc}/u.test(normal) || !normal.isWellFormed()) return 'the path has a control character';
  const parts = normal.split('/');
  if (normal !== '' && parts.includes('')) return 'the path has an empty part';
  // HTTP clients resolve such parts before they send a request.
  if (parts.includes('.') || parts.includes('..')) return "the path has a part '.' or '..'";
  return null;
}

/** Encodes the path as the end of a URL, with a leading slash. */
export function encodeWebhookPath(path: string): string {
  return path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`;
}

import type { RuntimeEntryPoint } from '../jobs/entry-point.ts';

/** The largest body of a webhook, and so the largest input of a run. */
export const largestInputBytes = 1024 * 1024;
/** Readers of JSON give up on deep nesting, each at a depth of its own. */
const deepestInput = 100;

export type InputReading = { ok: true; input: string | null } | { ok: false; problem: string };

/**
 * The input that a body stands for: its own text, so that numbers which JavaScript cannot hold arrive as they were sent. Null for an
 * empty body.
 */
export function readRunInput(body: Uint8Array): InputReading {
  if (body.length === 0) return { ok: true, input: null };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return { ok: false, problem: 'The body is not UTF-8.' };
  }
  try {
    JSON.parse(text);
  } catch (error) {
    // The words of the engine quote the body, which may hold secrets.
    const place = /at position \d+/.exec(error instanceof Error ? error.message : '')?.[0];
    return { ok: false, problem: `The body is not JSON${place ? ` (${place})` : ''}.` };
  }
  return measureDepth(text) > deepestInput
    ? { ok: false, problem: `The body is nested deeper than ${deepestInput} levels.` }
    : { ok: true, input: text };
}

/** @param json valid: every text in it has an end */
function measureDepth(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') at = findEndOfText(json, at);
    else if (character === '[' || character === '{') deepest = Math.max(deepest, (depth += 1));
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}

/** @param start where its opening quote is */
function findEndOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

/** The entry point as JSON, with the run's input as `run_args.input` where it has one. */
export function writeEntryPoint(entryPoint: RuntimeEntryPoint, input: string | null): string {
  if (input === null) return JSON.stringify(entryPoint);
  const { run_args: given = {}, ...rest } = entryPoint;
  // The text as it is: read and written again, its large numbers would be others.
  return addMember(
    JSON.stringify(rest),
    `"run_args":${addMember(JSON.stringify(given), `"input":${input}`)}`,
  );
}

function addMember(json: string, member: string): string {
  return json === '{}' ? `{${member}}` : `${json.slice(0, -1)},${member}}`;
}

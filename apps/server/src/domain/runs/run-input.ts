import type { RuntimeEntryPoint } from '../jobs/entry-point.ts';
import { readTriggerType } from '../jobs/trigger.ts';
import { isPlainObject } from '../primitives/plain-object.ts';

/** Maximum size of a webhook body, and so of a run's input. */
export const maxInputBytes = 1024 * 1024;
/** JSON parsers fail on deep nesting, each at a different depth. */
const deepestInput = 100;

export type InputReading = { ok: true; input: string | null } | { ok: false; problem: string };

/**
 * Reads the input from a body. Its text is kept, so that numbers that JavaScript cannot represent arrive
 * unchanged. Null for an empty body.
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
    // The engine's message quotes the body, which may contain secrets, so only its position is used.
    const codeLocation = /at position \d+/.exec(error instanceof Error ? error.message : '')?.[0];
    return { ok: false, problem: `The body is not JSON${codeLocation ? ` (${codeLocation})` : ''}.` };
  }
  return measureDepth(text) > deepestInput
    ? { ok: false, problem: `The body is nested deeper than ${deepestInput} levels.` }
    : { ok: true, input: text };
}

/** @param json valid JSON, so every string in it is terminated */
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

/** @param start position of the opening quote */
function findEndOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

/**
 * Reports whether the members of an input become arguments. The body of a webhook, which starts runs without a
 * member, is data of another system and binds to none.
 */
export function bindsInput(run: { triggeredBy: string | null; trigger: string }, input: string): boolean {
  const isDelivery = run.triggeredBy === null && readTriggerType(run.trigger) === 'webhook';
  return !isDelivery && input.startsWith('{');
}

/**
 * Serializes the entry point as JSON, with the run's input as `run_args.input` if it has one.
 * @param isBound the bootstrap also gives the members of the input to the function, as arguments
 */
export function writeEntryPoint(
  entryPoint: RuntimeEntryPoint,
  input: string | null,
  isBound = false,
): string {
  if (input === null) return JSON.stringify(entryPoint);
  const { run_args: given = {}, ...rest } = entryPoint;
  // Insert the text unchanged: parsing and serializing it would change large numbers.
  const written = addMember(
    JSON.stringify(rest),
    `"run_args":${addMember(JSON.stringify(given), `"input":${input}`)}`,
  );
  return isBound ? addMember(written, `"pumphouse_inputs":${input}`) : written;
}

/** Explains why an input cannot become the arguments of a script; null if it can. */
export function findScriptInputProblem(input: unknown): string | null {
  if (!isPlainObject(input)) return 'The input of a script is an object: each member is an option.';
  for (const [name, value] of Object.entries(input)) {
    if (!/^[A-Za-z][\w-]*$/.test(name)) return `"${name.slice(0, 50)}" is not the name of an option.`;
    const items: unknown[] = Array.isArray(value) ? value : [value];
    if (items.some((item) => typeof item === 'object' && item !== null))
      return `The input ${name} is not a text, a number, true, false or a list of them.`;
    if (items.some((item) => typeof item === 'string' && item.includes('\0')))
      return `The input ${name} contains a NUL.`;
  }
  return null;
}

function addMember(json: string, member: string): string {
  return json === '{}' ? `{${member}}` : `${json.slice(0, -1)},${member}}`;
}

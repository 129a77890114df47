import type { JobInput, JobInputsResponse } from '@pumphouse/contract';

/** What is typed into the fields of inputs, by name. An empty field sends nothing. */
export type InputTexts = Readonly<Record<string, string>>;

/** The inputs that a start may set: those of the code, and those of an earlier start if any name is taken. */
export function listSettable(declared: JobInputsResponse | undefined, texts: InputTexts): JobInput[] {
  if (!declared) return [];
  const { inputs, takes_any_name: takesAnyName } = declared;
  const names = new Set(inputs.map(({ name }) => name));
  const others = takesAnyName ? Object.keys(texts).filter((name) => !names.has(name)) : [];
  return [...inputs.filter(({ source }) => source !== 'secret'), ...others.map(describeOther)];
}

function describeOther(name: string): JobInput {
  return {
    name,
    is_required: false,
    source: 'input',
    value_schema: {},
    annotation: null,
    default_text: null,
    description: null,
  };
}

/** How an input is asked for. */
export type InputField =
  { kind: 'text' | 'number' | 'date' | 'datetime-local' } | { kind: 'choice'; choices: readonly string[] };

interface ValueSchema {
  type?: unknown;
  format?: unknown;
  enum?: unknown;
  anyOf?: unknown;
}

/** Chooses the field for a JSON schema. A value that may also be null has the field of the value. */
export function chooseField(schema: ValueSchema): InputField {
  const members = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isPresent) : [];
  const [only, other] = members;
  if (only !== undefined && other === undefined) return chooseField(only);
  if (Array.isArray(schema.enum))
    return { kind: 'choice', choices: schema.enum.filter(isNotNull).map(toText) };
  if (schema.type === 'boolean') return { kind: 'choice', choices: ['true', 'false'] };
  if (schema.type === 'integer' || schema.type === 'number') return { kind: 'number' };
  if (schema.format === 'date') return { kind: 'date' };
  if (schema.format === 'date-time') return { kind: 'datetime-local' };
  return { kind: 'text' };
}

/**
 * Makes the input of a start from its fields; undefined if all are empty. The server converts texts to the types of the code,
 * so only values without a type are read as JSON, as the command line does.
 */
export function toInput(texts: InputTexts, inputs: readonly JobInput[]): Record<string, unknown> | undefined {
  const entries = inputs.flatMap(({ name, value_schema: schema }) => {
    const text = texts[name] ?? '';
    if (text === '') return [];
    return [[name, Object.keys(schema).length > 0 ? text : readValue(text)] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The fields of an earlier start; empty if its input was no object. */
export function toTexts(input: string | null): InputTexts {
  const read: unknown = input === null ? null : JSON.parse(input);
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return {};
  return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, toText(value)]));
}

function isPresent(schema: unknown): schema is ValueSchema {
  return typeof schema === 'object' && schema !== null && !('type' in schema && schema.type === 'null');
}

const isNotNull = (value: unknown) => value !== null;

const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

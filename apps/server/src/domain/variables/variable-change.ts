import type { ErrorCode, UpdateWorkspaceVariablesRequest } from '@pumphouse/contract';
import { describeReservedVariable } from '@pumphouse/contract';
import { findNameProblem } from './variable-names.ts';
import { findProfileProblem } from '../jobs/job-definition.ts';

/** A change to one scope; `profile` is null for the workspace scope. */
export interface VariableChange {
  profile: string | null;
  deletes: readonly string[];
  upserts: readonly VariableUpsert[];
}

export type VariableUpsert = NonNullable<UpdateWorkspaceVariablesRequest['upserts']>[number];

/**
 * Why a change is rejected; `extra` names the fields or variables. Values are never quoted, because they may
 * be secret.
 */
export interface ChangeProblem {
  code: ErrorCode;
  detail: string;
  extra: { key: string; message: string }[];
}

/**
 * Limits for stored variables. A run gets at most two scopes: together they stay far below the size of a
 * Linux environment, and few enough that the masks for their secrets are built within a second or two.
 */
export const variableLimits = {
  bytesPerValue: 32 * 1024,
  variablesPerScope: 500,
  /** Names and values together. */
  bytesPerScope: 64 * 1024,
  variablesPerWorkspace: 5000,
};

/** Finds why a change is never valid, whatever is stored; null if it is valid. */
export function findChangeProblem(change: VariableChange): ChangeProblem | null {
  return (
    findScopeProblem(change.profile) ??
    findCountProblem(change.upserts.length) ??
    findReserved(change) ??
    findFieldProblems(change)
  );
}

function findScopeProblem(profile: string | null): ChangeProblem | null {
  const message = profile === null ? null : findProfileProblem(profile);
  if (message === null) return null;
  return { code: 'invalid_profile', detail: `${message}.`, extra: [{ key: 'profile', message }] };
}

/** Any name may be deleted, so that variables stored before their name was reserved can be removed. */
function findReserved({ upserts }: VariableChange): ChangeProblem | null {
  const names = [...new Set(upserts.map(({ name }) => name))];
  const extra = names.flatMap((name) => {
    const message = describeReservedVariable(name);
    return message === null ? [] : [{ key: name, message }];
  });
  if (extra.length === 0) return null;
  return {
    code: 'reserved_variable_name',
    detail: joinWithin(
      extra.map(({ key, message }) => `${key} ${message}.`),
      maxDetailLength,
    ),
    extra,
  };
}

/** A request may contain hundreds of reserved names; `extra` lists them all. */
const maxDetailLength = 1000;

function joinWithin(sentences: readonly string[], maxLength: number): string {
  const shown: string[] = [];
  let length = 0;
  for (const sentence of sentences) {
    length += sentence.length + 1;
    if (length > maxLength && shown.length > 0) break;
    shown.push(sentence);
  }
  const hidden = sentences.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`${hidden} more names are reserved.`] : [])].join(' ');
}

function findFieldProblems(change: VariableChange): ChangeProblem | null {
  const extra = [
    ...change.upserts.flatMap((upsert, index) => findUpsertProblems(upsert, `upserts.${index}`)),
    ...findRepeated(change).map((name) => ({ key: name, message: 'is named more than once' })),
  ];
  const [first] = extra;
  if (!first) return null;
  return {
    code: 'invalid_request',
    detail: `The change is not valid: ${first.key} ${first.message}.`,
    extra,
  };
}

function findUpsertProblems({ name, type, value }: VariableUpsert, key: string): ChangeProblem['extra'] {
  const problems: ChangeProblem['extra'] = [];
  const nameProblem = findNameProblem(name);
  if (nameProblem !== null) problems.push({ key: `${key}.name`, message: nameProblem });
  const valueProblem = findValueProblem(type, value);
  if (valueProblem !== null) problems.push({ key: `${key}.value`, message: valueProblem });
  return problems;
}

function findValueProblem(type: VariableUpsert['type'], value: string): string | null {
  if (type === 'secret' && value === '') return 'must not be empty for a secret';
  if (!value.isWellFormed()) return 'must be valid Unicode text';
  const bytes = new TextEncoder().encode(value).length;
  if (bytes <= variableLimits.bytesPerValue) return null;
  return `has ${bytes} bytes; a value has at most ${variableLimits.bytesPerValue}`;
}

/** The outcome for a repeated name would depend on key order, which JSON parsers need not preserve. */
function findRepeated({ deletes, upserts }: VariableChange): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of [...deletes, ...upserts.map((upsert) => upsert.name)]) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return [...repeated];
}

/** Finds whether the variables after a change are too many or too large; null if not. */
export function findLimitProblem(left: {
  workspaceCount: number;
  scopeCount: number;
  scopeBytes: number;
}): ChangeProblem | null {
  const { bytesPerScope, variablesPerWorkspace } = variableLimits;
  const tooMany = findCountProblem(left.scopeCount);
  if (tooMany) return tooMany;
  if (left.scopeBytes > bytesPerScope)
    return exceeded(`The scope would have ${left.scopeBytes} bytes; the limit is ${bytesPerScope}.`);
  if (left.workspaceCount > variablesPerWorkspace)
    return exceeded(
      `The workspace would have ${left.workspaceCount} variables; the limit is ${variablesPerWorkspace}.`,
    );
  return null;
}

function findCountProblem(scopeCount: number): ChangeProblem | null {
  const { variablesPerScope } = variableLimits;
  if (scopeCount <= variablesPerScope) return null;
  return exceeded(`The scope would have ${scopeCount} variables; the limit is ${variablesPerScope}.`);
}

function exceeded(detail: string): ChangeProblem {
  return { code: 'variable_limit_exceeded', detail, extra: [] };
}

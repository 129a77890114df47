import type { Session } from '../session/session.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { SecretValue, type Entry } from './entries/entry.ts';
import { listEntries } from './entries/list-entries.ts';
import type { ApplyFile } from './file/apply-file.ts';
import { createMissingSecretError, readSecret } from './file/secret-reference.ts';
import type { Change } from './plan/change.ts';
import { checkReferences } from './plan/check-references.ts';
import { makePlan, type Plan } from './plan/make-plan.ts';
import type { Ids } from './kinds/ids.ts';
import { explainPermissions } from './state/explain-permissions.ts';
import { readState } from './state/read-state.ts';
import { selectSections } from './state/selection.ts';

export interface PlanOptions {
  writesSecrets: boolean;
}

/** A plan, and the ids and secrets that its steps need. */
export interface PreparedPlan {
  plan: Plan;
  ids: Ids;
  /** Secrets by reference, as far as they can be read here. */
  secrets: ReadonlyMap<string, string>;
}

/**
 * Reads the server and compares it with the file.
 * @throws CommandError refused_plan if the plan has problems
 */
export async function preparePlan(
  session: Session,
  file: ApplyFile,
  options: PlanOptions,
): Promise<PreparedPlan> {
  const state = await readState(explainPermissions(session.client), selectSections(file));
  const now = new Date();
  const references = listReferences(listEntries(file, { now, availableSecret: () => null }));
  const secrets = await readSecrets(session, references);
  const wanted = listEntries(file, { now, availableSecret: (reference) => secrets.get(reference) ?? null });
  const plan = makePlan({ file, wanted, existing: state.entries, caller: state.caller, ...options });
  const unknown = checkReferences(plan.changes, (kind, path) => state.ids.find(kind, path) !== undefined);
  const problems = [...plan.problems, ...unknown];
  if (problems.length > 0) {
    throw new CommandError('The server cannot be changed as the file describes.', {
      code: 'refused_plan',
      exitCode: exitCodes.refused,
      nextStep: 'Correct the file. Nothing was changed on the server.',
      lines: problems,
    });
  }
  return { plan, ids: state.ids, secrets };
}

/**
 * Checks before the first step that all secrets that the changes write can be read.
 * @throws CommandError secret_not_available
 */
export function requireSecrets(changes: readonly Change[], secrets: ReadonlyMap<string, string>): void {
  const missing = changes
    .flatMap(({ attributes }) => attributes.map(({ after }) => after))
    .flatMap((after) => (after instanceof SecretValue && after.reference !== null ? [after.reference] : []))
    .filter((reference) => !secrets.has(reference));
  if (missing.length > 0) throw createMissingSecretError(missing);
}

function listReferences(entries: readonly Entry[]): string[] {
  const values = entries.flatMap(({ attributes }) => Object.values(attributes));
  return values.flatMap((value) =>
    value instanceof SecretValue && value.reference !== null ? [value.reference] : [],
  );
}

async function readSecrets(
  { terminal }: Session,
  references: readonly string[],
): Promise<Map<string, string>> {
  const source = { env: terminal.env, folder: terminal.folder };
  const values = await Promise.all(
    references.map(async (reference) => [reference, await readSecret(reference, source)] as const),
  );
  return new Map(
    values.flatMap(([reference, value]) => (value === null ? [] : [[reference, value] as const])),
  );
}

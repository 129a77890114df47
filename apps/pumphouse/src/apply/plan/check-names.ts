import type { Entry, KindName } from '../entries/entry.ts';
import type { Change } from './change.ts';
import { nameChange } from './format-plan.ts';

/** Kinds of which a workspace cannot have two names that differ only in case. */
const caseInsensitive: readonly KindName[] = ['alert_channel', 'event_subscription'];

/**
 * Finds resources that the server would refuse to create, because a name differs only in case from that of an
 * existing one, or of another new one. Removals come last, so a removed one counts too.
 */
export function checkNames(changes: readonly Change[], existing: readonly Entry[]): string[] {
  const onServer = new Map(existing.filter(isCaseInsensitive).map((entry) => [keyOf(entry), entry.path]));
  const created = new Map<string, readonly string[]>();
  return changes
    .filter((change) => change.action === 'create' && isCaseInsensitive(change))
    .flatMap((change) => {
      const key = keyOf(change);
      const [stored, earlier] = [onServer.get(key)?.at(-1), created.get(key)?.at(-1)];
      created.set(key, change.path);
      if (stored !== undefined)
        return [
          describe(
            change,
            `the workspace already has ${stored}`,
            `Write ${stored} in the file, or rename it on the server.`,
          ),
        ];
      if (earlier !== undefined)
        return [describe(change, `the file also has ${earlier}`, 'Rename one of them.')];
      return [];
    });
}

function isCaseInsensitive({ kind }: Pick<Entry, 'kind'>): boolean {
  return caseInsensitive.includes(kind);
}

/** The same for names that the server takes for the same. */
function keyOf({ kind, path }: Pick<Entry, 'kind' | 'path'>): string {
  return JSON.stringify([kind, ...path.slice(0, -1), path.at(-1)?.toLowerCase()]);
}

function describe(change: Change, conflict: string, nextStep: string): string {
  return `The ${nameChange(change)} cannot be created: ${conflict}, and names must differ in more than upper and lower case. ${nextStep}`;
}

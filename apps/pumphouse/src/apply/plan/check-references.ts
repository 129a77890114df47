import type { Change } from './change.ts';
import { nameChange } from './format-plan.ts';

/** Whether the server has a job or a channel. */
type Exists = (kind: 'job' | 'alert_channel', path: readonly string[]) => boolean;

/** Finds jobs and channels that a rule or event subscription names, and that neither the server nor the plan has. */
export function checkReferences(changes: readonly Change[], exists: Exists): string[] {
  const channels = new Map(
    changes
      .filter(({ kind }) => kind === 'alert_channel')
      .map(({ path, action }) => [JSON.stringify(path), action !== 'remove']),
  );
  return changes
    .filter(
      ({ kind, action }) => (kind === 'alert_rule' || kind === 'event_subscription') && action !== 'remove',
    )
    .flatMap((change) => {
      const { path, after } = change;
      const workspace = path.slice(0, 2);
      const missing = (kind: 'job' | 'alert_channel', attribute: string) =>
        listNames(after[attribute]).filter((name) => {
          const of = [...workspace, name];
          const planned = kind === 'alert_channel' ? channels.get(JSON.stringify(of)) : undefined;
          return !(planned ?? exists(kind, of));
        });
      return [
        ...missing('alert_channel', 'channels').map((name) => `alert channel ${name}`),
        ...missing('job', 'scope.jobs').map((name) => `job ${name}`),
      ].map((thing) => `The ${nameChange(change)} names the ${thing}, which does not exist.`);
    });
}

function listNames(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

import type { App, AppGate, Visitor } from './app-gate.ts';
import type { AppsLog } from './apps-log.ts';
import { keyOfVisitor } from './exchange.ts';

interface Group {
  app: App;
  /** A copy for this app, so that a result refers to this app only. */
  visitor: Visitor;
  cuts: Set<() => void>;
}

export type OpenConnections = ReturnType<typeof createOpenConnections>;

/**
 * Tracks open connections by app and visitor, and cuts those of visitors who lose access. All are checked in
 * one call, every few seconds, and at once when this server revokes access.
 */
export function createOpenConnections(gate: AppGate, checkMs: number, log: AppsLog) {
  const groups = new Map<string, Group>();
  let checking: Promise<void> | null = null;
  let isAskedAgain = false;

  const timer = setInterval(check, checkMs);
  timer.unref();
  const stopListening = gate.onAccessRevoked(check);

  /** Runs one check at a time; a request meanwhile triggers another check afterwards. */
  function check(): void {
    if (checking) {
      isAskedAgain = true;
      return;
    }
    if (groups.size === 0) return;
    gate.noteConnected([...groups.values()].map(({ app }) => app));
    checking = cutEnded().finally(() => {
      checking = null;
      if (isAskedAgain) {
        isAskedAgain = false;
        check();
      }
    });
  }

  /** If the gate fails, no connection is cut: a short database outage would otherwise disconnect everyone. */
  async function cutEnded(): Promise<void> {
    const asked = [...groups.values()];
    try {
      const ended = new Set(await gate.findEnded(asked.map(({ app, visitor }) => ({ app, visitor }))));
      for (const group of asked) if (isAmong(group, ended, asked)) cut(group);
    } catch (error) {
      log.warn('checking the access of app visitors failed', null, error);
    }
  }

  function cut(group: Group): void {
    for (const end of group.cuts) end();
  }

  return {
    /**
     * @param end destroys the connection
     * @returns a function that removes the connection from the list
     */
    add(app: App, visitor: Visitor, end: () => void): () => void {
      const key = `${app.jobId} ${keyOfVisitor(visitor)}`;
      const group = groups.get(key) ?? { app, visitor: { ...visitor }, cuts: new Set() };
      groups.set(key, group);
      group.cuts.add(end);
      return () => {
        group.cuts.delete(end);
        if (group.cuts.size === 0 && groups.get(key) === group) groups.delete(key);
      };
    },

    cutAll(): void {
      for (const group of groups.values()) cut(group);
    },

    count: () => [...groups.values()].reduce((sum, { cuts }) => sum + cuts.size, 0),

    async stop(): Promise<void> {
      clearInterval(timer);
      stopListening();
      isAskedAgain = false;
      await checking;
    },
  };
}

/**
 * Matches by object identity, so that the result applies to one app. A visitor object that the gate created
 * itself matches by key in all apps.
 */
function isAmong(group: Group, ended: ReadonlySet<Visitor>, asked: readonly Group[]): boolean {
  if (ended.has(group.visitor)) return true;
  const known = new Set(asked.map(({ visitor }) => visitor));
  const key = keyOfVisitor(group.visitor);
  return [...ended].some((visitor) => !known.has(visitor) && keyOfVisitor(visitor) === key);
}

/** A gate whose results the test sets, in place of the server behind it. */
import type { App, AppGate, AppSession, AppState, LinkAnswer, StoppedApp, Visitor } from '../app-gate.ts';

type Looked = AppState | StoppedApp;

export const member: Visitor = { kind: 'member', sessionId: 'session-1', userId: 'user-1' };
export const guest: Visitor = { kind: 'guest', sessionId: 'session-2', publicationId: 'publication-1' };
export const keyHolder: Visitor = { kind: 'key', keyId: 'key-1' };

export const sales: App = makeApp('sales', 'Sales <b>');
export const stock: App = makeApp('stock', 'Stock');

function makeApp(label: string, name: string): App {
  return {
    jobId: `job-${label}`,
    workspaceId: 'workspace-1',
    name,
    label,
    port: null,
    interface: 'gui',
    startPath: '/board',
  };
}

export type FakeGate = ReturnType<typeof createFakeGate>;

export function createFakeGate() {
  const listeners = new Set<() => void>();
  const fake = {
    apps: [sales, stock] as App[],
    /** State of each app, by label. */
    states: new Map<string, Looked>(),
    /** By label and secret. */
    sessions: new Map<string, Visitor>([
      ['sales good', member],
      ['sales guest', guest],
      ['stock good', { kind: 'member', sessionId: 'session-3', userId: 'user-1' }],
    ]),
    ownTokens: new Set<string>(),
    keys: new Map<string, Visitor>([['sales dlt_u_key', keyHolder]]),
    codes: new Map<string, AppSession>([
      ['sales code', { secret: 'from-code', visitor: member, seconds: 60 }],
    ]),
    openLink: (_secret: string, _password: string | null, _address: string): LinkAnswer => ({ kind: 'none' }),
    ended: new Set<Visitor>(),
    wakes: 0,
    endChecks: 0,
    connected: new Set<string>(),
    uses: [] as { label: string; visitor: Visitor }[],
    leavers: [] as Visitor[],
    takeAccess(...visitors: Visitor[]): void {
      for (const visitor of visitors) fake.ended.add(visitor);
      for (const listener of listeners) listener();
    },
  };

  const gate: AppGate = {
    find: async (asked) =>
      fake.apps.find((app) => ('label' in asked ? app.label === asked.label : app.port === asked.port)) ??
      null,
    look: async ({ label }) => fake.states.get(label) ?? { kind: 'stopped', reason: null },
    async wake({ label }) {
      fake.wakes += 1;
      const state = fake.states.get(label);
      return state === undefined || state.kind === 'stopped'
        ? { kind: 'starting', jobRunId: 'run-1', waiting: null }
        : state;
    },
    noteConnected: (apps) => apps.forEach(({ label }) => fake.connected.add(label)),
    noteUse: ({ label }, visitor) => void fake.uses.push({ label, visitor }),
    findSession: async ({ label }, secret) => fake.sessions.get(`${label} ${secret}`) ?? null,
    findKey: async ({ label }, bearer) => fake.keys.get(`${label} ${bearer}`) ?? null,
    isOwnToken: (bearer) => fake.ownTokens.has(bearer),
    async takeCode({ label }, code) {
      const session = fake.codes.get(`${label} ${code}`) ?? null;
      fake.codes.delete(`${label} ${code}`);
      if (session) fake.sessions.set(`${label} ${session.secret}`, session.visitor);
      return session;
    },
    openLink: async (_app, secret, password, address) => fake.openLink(secret, password, address),
    endSession: async (_app, visitor) => void fake.leavers.push(visitor),
    async findEnded(visitors) {
      fake.endChecks += 1;
      const ended = [...fake.ended].map((visitor) => JSON.stringify(visitor));
      return visitors.map(({ visitor }) => visitor).filter((one) => ended.includes(JSON.stringify(one)));
    },
    onAccessRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signInUrl: ({ label }, returnTo) =>
      `http://console.test/sign-in/app?${new URLSearchParams({ label, to: returnTo }).toString()}`,
  };
  return { gate, fake };
}

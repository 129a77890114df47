import type { AuditFilter, AuditScope } from '../../records.ts';
import type { Queryable } from '../pool.ts';
import type { Statement } from '../statements/named.ts';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditLogStore } from './audit-log.ts';
import { createTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';

let own: TestDatabase;

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const entries = 200_000;

/** Two organizations with four workspaces each, a hundred users, one change per minute. */
beforeAll(async () => {
  own = await createTestDatabase();
  await own.database.execute(
    `insert into audit_log (at, organization_id, workspace_id, actor_kind, actor_user_id, actor_email, action, target_kind, target_id, after)
     select timestamptz '2026-01-01' + n * interval '1 min',
            ('00000000-0000-4000-8000-' || lpad((n % 2)::text, 12, '0'))::uuid,
            ('00000000-0000-4000-8000-' || lpad((n % 8)::text, 12, '0'))::uuid, 'person',
            ('00000000-0000-4000-8000-' || lpad((1000 + n / 3 % 100)::text, 12, '0'))::uuid, 'a@example.com',
            (array['job.pause', 'job.resume', 'job-run.start', 'variable.update'])[1 + n / 5 % 4], 'job', (n / 7 % 5000)::text, '{"n": 1}'
       from generate_series(1, $1::int) as n`,
    [entries],
  );
  await own.database.execute('analyze audit_log');
});
afterAll(() => own.drop());

interface Plan {
  'Node Type': string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** Returns the query plan of the store's statement. */
async function explain(ask: (sql: Queryable) => Promise<unknown>) {
  const asked: (Statement | string)[] = [];
  const noting: Queryable = {
    ...own.database,
    query: (statement) => {
      asked.push(statement);
      return own.database.query(statement);
    },
  };
  await ask(noting);
  const [statement] = asked;
  if (typeof statement !== 'object') throw new Error('No statement with parameters was asked');
  const row = await own.database.one<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `explain (analyze, buffers, format json) ${statement.text}`,
    statement.values,
  );
  const plan = row['QUERY PLAN'][0].Plan;
  return { nodes: listNodes(plan), blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] };
}

function listNodes(plan: Plan): string[] {
  return [plan['Node Type'], ...(plan.Plans ?? []).flatMap(listNodes)];
}

const organization: AuditScope = { organizationId: id(1) };
const workspace: AuditScope = { workspaceId: id(3) };
const early = new Date('2026-01-20T00:00:00Z');

describe('a page of a long log', () => {
  it.each<[string, AuditScope, AuditFilter]>([
    ['of an organization', organization, {}],
    ['of a workspace', workspace, {}],
    ['before an early day', organization, { end: early }],
    ['of one user', organization, { actorUserId: id(1007) }],
    ['about one thing', organization, { targetId: '77' }],
    ['of one kind of change', workspace, { actions: ['job.pause'] }],
  ])('%s is an index scan', async (_name, context, filter) => {
    const range = { limit: 100, offset: 0 };
    const { nodes, blocks } = await explain((sql) =>
      createAuditLogStore(sql).list(context, filter).read(range),
    );
    expect(nodes).not.toContain('Seq Scan');
    // The table has some thousand blocks.
    expect(blocks).toBeLessThan(700);
  });

  it('from a cursor far back is also an index scan', async () => {
    const range = { limit: 100, offset: 0, after: [early.toISOString(), '30000'] };
    const { nodes, blocks } = await explain((sql) =>
      createAuditLogStore(sql).list(organization, {}).read(range),
    );
    expect(nodes).toEqual(['Limit', 'Index Scan']);
    expect(blocks).toBeLessThan(50);
  });

  it('is counted no further than necessary', async () => {
    const { blocks } = await explain((sql) => createAuditLogStore(sql).list(organization, {}).count(1000));
    expect(await createAuditLogStore(own.database).list(organization, {}).count(1000)).toBe(1000);
    expect(blocks).toBeLessThan(700);
  });

  it('is read by retention from its oldest end', async () => {
    const after = { id: '500', at: early };
    const { nodes, blocks } = await explain((sql) => createAuditLogStore(sql).stored.list(after, 200));
    expect(nodes).not.toContain('Sort');
    expect(blocks).toBeLessThan(50);
  });
});

import type { TestServer } from '../../fixtures/server.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../fixtures/eventually.ts';
import { openServerStore } from '../../fixtures/server-store.ts';
import { runOperator, startTestServer } from '../../fixtures/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

async function check() {
  const { code, stdout } = await runOperator(server, ['doctor', '--upgrade', '--json']);
  const { ok, results } = JSON.parse(stdout) as {
    ok: boolean;
    results: { id: string; status: string; found: string }[];
  };
  return { code, ok, find: (id: string) => results.find((result) => result.id === id) };
}

it('applies online migrations while the server works, and says which are left', async () => {
  const opened = await openServerStore(server);
  const isApplied = () =>
    opened.database.maybeOne(`select from schema_migrations where name = '0064_validated_checks.sql'`);
  expect(await isApplied()).toBeDefined();
  await server.end('SIGTERM');
  await opened.database.execute(
    `delete from schema_migrations where name = '0064_validated_checks.sql';
     alter table job_runs drop constraint job_runs_end_intent_check;
     alter table job_runs add constraint job_runs_end_intent_check check (end_intent <> 'none') not valid`,
  );
  expect((await check()).find('schema')?.found).toBe(
    'Servers of this version then apply 0064_validated_checks.sql while they work.',
  );
  server = await server.restart();
  await eventually('the online migration is applied', isApplied);
  expect(
    await opened.database.one(
      `select convalidated from pg_constraint where conname = 'job_runs_end_intent_check'`,
    ),
  ).toEqual({ convalidated: true });
  await opened.close();
});

it('says what the first start of this version will do, and refuses a database of a newer one', async () => {
  const own = await check();
  expect(own).toMatchObject({ code: 0, ok: true });
  expect(own.find('schema')).toMatchObject({
    status: 'ok',
    found: 'This version has no migrations to apply.',
  });
  expect(own.find('backup')).toMatchObject({ status: 'warning', found: 'There is no backup.' });
  expect(own.find('postgres')?.status).toBe('ok');

  const opened = await openServerStore(server);
  await opened.database.execute(
    `insert into schema_migrations (number, name, compatibility, sha256) values (9999, '9999_later.sql', 'breaking', '00')`,
  );
  await opened.close();
  const newer = await check();
  expect(newer).toMatchObject({ code: 1, ok: false });
  expect(newer.find('schema')).toMatchObject({
    status: 'problem',
    found: expect.stringContaining('9999_later') as string,
  });

  await server.end('SIGTERM');
  const refused = await runOperator(server, ['server']);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/newer Pumphouse \(9999_later/) as string,
  });
});

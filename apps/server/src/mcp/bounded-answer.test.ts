import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { McpConnection } from './testing/mcp-client.ts';
import type { SeededRun } from '../api/testing/seed-run.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundAnswer, countFitting, maxAnswerBytes } from './bounded-answer.ts';
import { connectMcp } from './testing/mcp-client.ts';
import { createApiFixture, defineJob } from '../api/testing/api-fixture.ts';
import { seedRun } from '../api/testing/seed-run.ts';

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const many = <Item>(count: number, item: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => item(index));

describe('a response', () => {
  it('is unchanged if it fits', () => {
    const whole = { a: 1, b: { c: ['x', null, { d: true }] }, text: 'y'.repeat(4000) };
    expect(boundAnswer(whole, 'Ask.')).toEqual({ answer: whole, notes: [] });
  });

  it('loses the end of very long texts, and stays valid text', () => {
    const { answer, notes } = boundAnswer({ inner: [{ text: `${'x'.repeat(3999)}😀😀` }] }, 'Ask.');
    expect(answer).toEqual({ inner: [{ text: `${'x'.repeat(3999)}…` }] });
    expect(notes).toEqual(['Long texts were cut. Ask.']);
  });

  it('loses the ends of its longest lists, and says how much', () => {
    const tables = (count: number) => many(count, (n) => ({ name: `table ${n}`, note: 'x'.repeat(100) }));
    const whole = { runs: [{ tables: tables(2000) }, { tables: tables(3) }] };
    const { answer, notes } = boundAnswer(whole, 'Ask.');
    expect(bytesOf(answer)).toBeLessThan(maxAnswerBytes);
    const { runs } = answer as typeof whole;
    expect(runs[1]?.tables).toHaveLength(3);
    expect(runs[0]?.tables).toEqual(tables(250));
    expect(notes).toEqual(['runs[0].tables has the first 250 of 2000. Ask.']);
    expect(whole.runs[0]?.tables).toHaveLength(2000);
  });

  it('truncates texts further if lists are not the reason for its size', () => {
    const whole = Object.fromEntries(many(100, (n) => [`key ${n}`, 'x'.repeat(3000)]));
    const { answer, notes } = boundAnswer(whole, 'Ask.');
    expect(bytesOf(answer)).toBeLessThan(maxAnswerBytes);
    expect(notes).toEqual(['Long texts were cut. Ask.']);
  });

  it('fits rows by bytes, not by characters', () => {
    expect(countFitting([])).toBe(0);
    expect(countFitting(many(10, () => 'x'.repeat(1000)))).toBe(10);
    expect(countFitting(many(100, () => 'x'.repeat(1000)))).toBe(57);
    expect(countFitting(many(100, () => '\u{1F600}'.repeat(500)))).toBe(28);
  });
});

describe('over HTTP', () => {
  let api: ApiFixture;
  let mcp: McpConnection;
  let seeded: SeededRun;

  beforeAll(async () => {
    api = await createApiFixture();
    seeded = await seedRun(api);
    mcp = await connectMcp(await api.app.listen({ host: '127.0.0.1', port: 0 }), seeded.owner.key);
    await mcp.listTools();
  });
  afterAll(async () => {
    await mcp.close();
    await api.close();
  });

  it('a page that is too long ends earlier, and its cursor continues there', async () => {
    const jobs = many(60, (n) =>
      defineJob(`jobs.m.job_${String(n).padStart(2, '0')}`, { description: 'é'.repeat(1500) }),
    );
    await api.services.deploy({
      workspaceId: seeded.workspaceId,
      membershipId: seeded.owner.membershipId,
      jobs,
      deploymentModule: null,
      dryRun: false,
    });
    const seen: string[] = [];
    let cursor: string | null | undefined;
    let pages = 0;
    do {
      const args = { workspace_id: seeded.workspaceId, search: 'job_', limit: 100, cursor };
      const page = await mcp.ask<{ items: { ref: string }[]; next_cursor: string | null; notes: string[] }>(
        'list_jobs',
        args,
      );
      expect(bytesOf(page)).toBeLessThan(maxAnswerBytes);
      if (page.next_cursor !== null)
        expect(page.notes).toEqual([
          `Only ${page.items.length} of the requested rows fit: continue with cursor = next_cursor. Call get_job for the details of a job.`,
        ]);
      seen.push(...page.items.map(({ ref }) => ref));
      cursor = page.next_cursor;
      pages += 1;
    } while (cursor !== null);
    expect(seen).toEqual(jobs.map(({ job_ref: ref }) => ref));
    expect(pages).toBeGreaterThan(2);
  });

  it('a log with long lines ends earlier, and continues line by line', async () => {
    const attempt = await api.createAttempt(seeded.run);
    const line = {
      source: 'user',
      stage: 'run',
      io_stream: 'stdout',
      reported_at: '2026-03-10T10:00:00Z',
    } as const;
    // Each character takes six bytes in JSON.
    const lines = many(30, (n) => ({ ...line, content: `${n} ${'\u001B'.repeat(n === 7 ? 20_000 : 1500)}` }));
    await api.attemptLog.write(seeded.run.id, attempt.id, lines);
    const params = { workspace_id: seeded.workspaceId, job_run_id: seeded.run.id };
    const seen: { line_num: number; content: string; truncated?: true }[] = [];
    let from: number | null = 0;
    while (from !== null && from < lines.length) {
      const part: { untrusted_lines: typeof seen; next_from_line: number | null } = await mcp.ask(
        'read_run_log',
        {
          ...params,
          from_line: from,
          limit: 500,
        },
      );
      expect(bytesOf(part)).toBeLessThan(maxAnswerBytes);
      seen.push(...part.untrusted_lines);
      from = part.next_from_line;
    }
    expect(seen.map(({ line_num }) => line_num)).toEqual(many(30, (n) => n));
    expect(seen.filter(({ truncated }) => truncated).map(({ line_num }) => line_num)).toEqual([7]);
    expect(seen[7]?.content).toHaveLength(4000);
    expect(seen[8]?.content).toBe(lines[8]?.content);
  });

  it('a search with long lines ends earlier, and continues after the last one', async () => {
    const params = { workspace_id: seeded.workspaceId, job_run_id: seeded.run.id, limit: 50 };
    const seen: number[] = [];
    let after: number | null = -1;
    let answers = 0;
    while (after !== null && answers < 10) {
      const found: { untrusted_lines: { line_num: number }[]; next_after_line: number | null } =
        await mcp.ask('search_run_log', { ...params, query: '\u001B', after_line: after });
      expect(bytesOf(found)).toBeLessThan(maxAnswerBytes);
      seen.push(...found.untrusted_lines.map(({ line_num }) => line_num));
      after = found.next_after_line;
      answers += 1;
    }
    expect(seen).toEqual(many(30, (n) => n));
    expect(answers).toBeGreaterThan(1);
  });
});

import type { ApiFixture } from './api-fixture.ts';
import type { JobRunRecord } from '../../store/records.ts';
import { callAsAttempt } from './attempt-calls.ts';

/** Sends a beacon body, given as an object or as raw text. */
export type Send = (type: string, body: unknown) => Promise<void>;

/** Creates a new attempt of a run, and a function that sends beacon bodies as its bootstrap does. */
export async function openSpool(api: ApiFixture, run: JobRunRecord): Promise<Send> {
  const attempt = await api.createAttempt(run);
  let offset = 0;
  let n = 0;
  return async (type, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const record = { n: n++, kind: 'beacon', at: '2026-11-24T10:00:00Z', type, body: text };
    const payload = Buffer.from(`${JSON.stringify(record)}\n`);
    const route = `-spool?offset=${offset}`;
    const response = await callAsAttempt(api.app, attempt, { method: 'POST', route, payload });
    if (response.statusCode !== 200) throw new Error(`The spool was refused: ${response.body.toString()}`);
    offset += payload.length;
  };
}

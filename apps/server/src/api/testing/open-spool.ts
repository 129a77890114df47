import type { ApiFixture } from './api-fixture.ts';
import type { JobRunRecord } from '../../store/records.ts';

/** Sends a beacon body, parsed or as it is. */
export type Send = (type: string, body: unknown) => Promise<void>;

/** A new attempt of a run, and a way to send beacon bodies as its bootstrap does. */
export async function openSpool(api: ApiFixture, run: JobRunRecord): Promise<Send> {
  const attempt = await api.createAttempt(run);
  let offset = 0;
  let n = 0;
  return async (type, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const record = { n: n++, kind: 'beacon', at: '2026-11-24T10:00:00Z', type, body: text };
    const payload = Buffer.from(`${JSON.stringify(record)}\n`);
    const response = await api.app.inject({
      method: 'POST',
      url: `/pumphouse/v1/attempts/${attempt.id}/-spool?offset=${offset}`,
      headers: { authorization: `Bearer ${attempt.token}`, 'content-type': 'application/octet-stream' },
      payload,
    });
    if (response.statusCode !== 200) throw new Error(`The spool was refused: ${response.body}`);
    offset += payload.length;
  };
}

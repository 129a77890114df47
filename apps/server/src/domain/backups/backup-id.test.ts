import { expect, it } from 'vitest';
import { makeBackupId, readBackupTime, readOwner } from './backup-id.ts';

const at = new Date('2026-11-30T02:00:09Z');
const id = '20261130T020009Z-0a1b2c';

it('contains its time, so that ids sort by age', () => {
  expect(makeBackupId(new Date('2026-11-30T02:00:09.873Z'), '0a1b2c')).toBe(id);
  expect(readBackupTime(id)).toEqual(at);
  for (const text of ['', 'latest', '../20261130T020009Z-0a1b2c', `${id}x`])
    expect(readBackupTime(text)).toBeNull();
});

it.each([
  [`tables/${id}/job_runs.copy.zst`, id],
  [`lists/${id}.ndjson.zst`, id],
  [`packs/${id}-0001.tar`, id],
  [`packs/${id}-0123.tar.age`, id],
  [`manifests/${id}.json`, null],
  ['packs/other.tar', null],
])('owns the file %s', (key, owner) => {
  expect(readOwner(key)).toBe(owner);
});

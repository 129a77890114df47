import { afterAll, beforeAll, expect, it } from 'vitest';
import { nameTriggerZone } from './trigger-zone.ts';
import { setShownZone, viewersZone } from '../ui/time-zone.ts';

beforeAll(() => setShownZone('Europe/Berlin'));
afterAll(() => setShownZone(viewersZone));

it.each([
  ['at 08:00', '2026-11-30T23:00:00Z', 'Asia/Tokyo', 'at 08:00 Tokyo'],
  ['at 08:00', '2026-11-30T07:00:00Z', 'Europe/Paris', 'at 08:00'],
  ['at 08:00', '2026-11-30T07:00:00Z', null, 'at 08:00'],
  ['at 08:00', null, 'Asia/Tokyo', 'at 08:00'],
  ['every 10 minutes', '2026-11-30T07:00:00Z', 'Asia/Tokyo', 'every 10 minutes'],
])('%s, next at %s in %s: %s', (text, at, zone, shown) => {
  expect(nameTriggerZone(text, at, zone)).toBe(shown);
});

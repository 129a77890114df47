import { describe, expect, it } from 'vitest';
import { createOwnNames } from './own-names.ts';

const isOwnName = createOwnNames(['analytics_daily', 'jobs.shop.load_orders', 'Müller & Sons']);

describe('createOwnNames', () => {
  it.each(['analytics', 'analytics_daily', 'Analytics', 'load-orders', 'shop.load', 'müller', 'postgres'])(
    'knows %s',
    (value) => expect(isOwnName(value)).toBe(true),
  );

  it.each(['analytic', 'nalytics', 'daily_jobs', 'analytics_weekly', 'correct horse', '------', ''])(
    'does not know %s',
    (value) => expect(isOwnName(value)).toBe(false),
  );
});

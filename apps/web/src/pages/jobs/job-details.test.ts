import { describe, expect, it } from 'vitest';
import { listJobDetails } from './job-details.ts';

const definition = {
  engine_version: 2,
  job_ref: 'jobs.shop',
  triggers: [],
  entry_point: { module: 'shop', function: null, job_type: 'batch' as const, launcher: 'module' },
  execute: {},
};

const detailsOf = (changes: object) =>
  Object.fromEntries(
    listJobDetails({
      job_definition: { ...definition, ...changes },
      job_type: 'batch',
      profile: 'prod',
      current_version: null,
    }),
  );

describe('the details of a job', () => {
  it('contain the defaults for settings that the job does not declare', () => {
    expect(detailsOf({})).toEqual({
      Type: 'batch',
      Profile: 'prod',
      Code: 'shop',
      Launcher: 'module',
      Timeout: '2 h',
      Concurrency: '1',
      'Time zone': 'UTC',
    });
  });

  it('contain declared settings, including "no limit"', () => {
    const details = detailsOf({
      execute: { concurrency: null, timeout: null },
      deliver: { pipeline_name: 'shop' },
      interval: { start: '2026-01-01', end: '2026-02-01' },
      require: { timezone: 'Europe/Berlin' },
    });
    expect(details).toMatchObject({
      Timeout: 'none',
      Concurrency: 'unlimited',
      Pipeline: 'shop',
      Interval: 'from 2026-01-01 to 2026-02-01',
      'Time zone': 'Europe/Berlin',
    });
    expect(detailsOf({ execute: { timeout: { timeout: 90 } } }).Timeout).toBe('1 min 30 s');
    expect(detailsOf({ execute: { timeout: { timeout: 0 } } }).Timeout).toBe('none');
  });

  it('contain declared settings of code, data and starts', () => {
    expect(
      detailsOf({
        entry_point: { ...definition.entry_point, function: 'load', launcher: 'dlt.launchers.job' },
        execute: { timeout: { grace_period: 5 }, intercept_signals: false },
        expose: { category: 'background_agent', interface: 'rest_api', manual: false },
        deliver: { source_ref: 'sources.stock.stock', deadline: '8am on Mondays' },
        require: { dependency_groups: ['report', 'plots'] },
        config_keys: ['minimum', 'only', 'pipeline_name', 'untyped'],
        inputs: {
          properties: {
            minimum: { type: 'integer' },
            only: { anyOf: [{ type: 'string' }, { type: 'null' }], default: 'bolts' },
            pipeline_name: { type: 'string', entity_type: 'pipeline' },
          },
        },
        output: { properties: { items: {}, short: {} } },
        freshness: ['job.is_fresh:jobs.shop.orders'],
        incremental_mode: 'interval',
        auto_refresh_pipeline_mode: 'drop_sources',
        default_trigger: 'every:5m',
        interval: { start: '2026-01-01', mode: 'sequential' },
      }),
    ).toMatchObject({
      Category: 'background agent',
      Interface: 'rest api',
      Code: 'shop.load',
      Launcher: 'job',
      'Grace period': '5 s',
      Signals: 'not intercepted',
      'Manual start': 'disabled',
      Source: 'stock.stock',
      Deadline: '8am on Mondays',
      'Dependency groups': 'report, plots',
      Arguments: 'minimum: integer, only: string = "bolts", pipeline_name: pipeline string, untyped',
      Result: 'items, short',
      'Waits for': 'shop.orders',
      'Incremental mode': 'interval',
      'Pipelines on refresh': 'drop sources',
      'Default trigger': 'every 5m',
      Interval: 'from 2026-01-01, sequential',
    });
  });

  it('contain the name and access of an agent', () => {
    const agent = { agent: { engine_version: 1, name: 'inspector' }, access: { data: ['read'] } };
    expect(detailsOf(agent)).toMatchObject({ Agent: 'inspector', Access: 'data: read' });
  });

  it('contain the idle timeout of an app, but no timeout', () => {
    const app = { ...definition.entry_point, job_type: 'interactive' };
    expect(detailsOf({ entry_point: app, execute: { timeout: { timeout: 600 } } })).toMatchObject({
      'Idle timeout': '10 min',
    });
    expect(detailsOf({ entry_point: app })).not.toHaveProperty('Timeout');
  });
});

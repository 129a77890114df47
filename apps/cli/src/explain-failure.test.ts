import { readConfig } from '@pumphouse/server/operator';
import { describe, expect, it } from 'vitest';
import { explainFailure } from './explain-failure.ts';

const config = readConfig({ PUMPHOUSE_DATA_DIR: '/srv/pumphouse', PUMPHOUSE_HOST: 'example.invalid' });
const external = readConfig({ PUMPHOUSE_DATABASE_URL: 'postgres://me:swordfish@db.example.com:5433/shop' });

const failure = (fields: object, message = 'raw words') => Object.assign(new Error(message), fields);

describe('explainFailure', () => {
  it.each<[string, object, string]>([
    ['its port', { port: 8080 }, 'Port 8080 is in use on 127.0.0.1. Set PUMPHOUSE_PORT to another port'],
    ['the port of apps', { port: 8090 }, 'Set PUMPHOUSE_APPS_PORT to another port'],
    ['the port of runs', { port: 8081 }, 'Set PUMPHOUSE_ATTEMPTS_PORT to another port'],
  ])('names the setting of %s that is in use', (_, fields, text) => {
    const error = failure({ syscall: 'listen', code: 'EADDRINUSE', address: '127.0.0.1', ...fields });
    expect(explainFailure(error, config)).toContain(text);
  });

  it.each<[object, string]>([
    [{ syscall: 'listen', code: 'EACCES', port: 8080 }, 'Set PUMPHOUSE_PORT to a port above 1023.'],
    [
      { syscall: 'listen', code: 'EADDRNOTAVAIL', address: '10.9.9.9', port: 8080 },
      'This machine has no address 10.9.9.9. Set PUMPHOUSE_HOST',
    ],
    [
      { syscall: 'getaddrinfo', code: 'ENOTFOUND', hostname: 'example.invalid' },
      'PUMPHOUSE_HOST is example.invalid, and that name has no address',
    ],
    [
      { syscall: 'mkdir', code: 'EACCES', path: '/srv/pumphouse/postgres' },
      'Change its owner, or set PUMPHOUSE_DATA_DIR',
    ],
    [{ syscall: 'mkdir', code: 'EACCES', path: '/srv' }, 'This user may not write to /srv'],
    [{ syscall: 'mkdir', code: 'EEXIST', path: '/srv/pumphouse' }, '/srv/pumphouse cannot be a folder'],
  ])('suggests a next step for %o', (fields, text) => {
    expect(explainFailure(failure(fields), config)).toContain(text);
  });

  it.each([
    ['ECONNREFUSED', 'there is no connection (ECONNREFUSED)'],
    ['28P01', 'it refuses the password'],
    ['3D000', 'it has no such database'],
  ])('says what is wrong with an external database (%s), and never reveals its password', (code, text) => {
    // Errors for `localhost` have no message.
    const explained = explainFailure(failure({ code }, ''), external);
    expect(explained).toContain('The database shop at db.example.com:5433 cannot be used');
    expect(explained).toContain(text);
    expect(explained).not.toContain('swordfish');
  });

  it.each<[string, object, string]>([
    [
      'of the data folder, which the error of a write does not name',
      { syscall: 'write', code: 'ENOSPC' },
      'The disk of /srv/pumphouse is full (0 B of 2 GB are free). Free space on its disk: /srv/pumphouse/uv-caches can',
    ],
    [
      'that Postgres could not write to',
      { cause: failure({}, 'FATAL:  could not write lock file: No space left on device') },
      'The disk of /srv/pumphouse is full (0 B of 2 GB are free).',
    ],
    [
      'of a folder elsewhere',
      { syscall: 'open', code: 'EDQUOT', path: '/mnt/backups/lists/1' },
      'The disk of /mnt/backups/lists/1 is full. Free space on it, or choose a folder on another disk.',
    ],
  ])('says how to free the disk %s', (_, fields, text) => {
    const disks = [
      { path: '/tmp', freeBytes: 5e9, sizeBytes: 9e9 },
      { path: '/srv/pumphouse', freeBytes: 0, sizeBytes: 2 * 1024 ** 3 },
    ];
    expect(explainFailure(failure(fields), config, disks)).toContain(text);
  });

  it('leaves other errors unchanged, and is never empty', () => {
    expect(explainFailure(new Error('There is no account a@b.c.'), config)).toBe(
      'There is no account a@b.c.',
    );
    expect(explainFailure(failure({ code: 'EACCES', path: '/elsewhere' }), config)).toBe('raw words');
    expect(explainFailure(failure({ code: 'EWHAT' }, ''), null)).toBe('EWHAT');
  });
});

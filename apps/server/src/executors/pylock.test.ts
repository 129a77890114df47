import { describe, expect, it } from 'vitest';
import { arePinned, buildPackageKey, isComplete, joinLocks, readLock } from './pylock.ts';

const hash = (digit: string) => digit.repeat(64);
const lock = `
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "duckdb"
version = "2.0.1"
sdist = { url = "https://files.example/duckdb-2.0.1.tar.gz", hashes = { sha256 = "${hash('a')}" } }
wheels = [
  { url = "https://files.example/duckdb-2.0.1-cp313-cp313-linux_x86_64.whl", upload-time = 2026-11-20T13:35:25Z, hashes = { sha256 = "${hash('b')}" } },
]

[[packages]]
name = "built-here"
version = "1.0"
sdist = { url = "https://files.example/built_here-1.0.tar.gz", hashes = { sha256 = "${hash('c')}" } }

[[packages]]
name = "unhashed"
version = "1.0"
wheels = [{ url = "https://files.example/unhashed-1.0-py3-none-any.whl" }]

[[packages]]
name = "direct"
archive = { url = "https://files.example/direct-1.0-py3-none-any.whl?x=1", hashes = { sha256 = "${hash('D')}" } }
`;

describe('a lock', () => {
  it('is split into wheels with a known hash, and the rest', () => {
    expect(readLock(lock).map(({ name, verified }) => [name, verified])).toEqual([
      ['duckdb', [['duckdb-2.0.1-cp313-cp313-linux_x86_64.whl', hash('b')]]],
      ['built-here', null],
      ['unhashed', null],
      ['direct', [['direct-1.0-py3-none-any.whl', hash('d')]]],
    ]);
  });

  it('can be split into single packages, and joined again', () => {
    const packages = readLock(lock);
    expect(readLock(packages[0]?.lock ?? '').map(({ name }) => name)).toEqual(['duckdb']);
    expect(readLock(joinLocks(packages))).toEqual(packages);
  });

  it('gives a package a different key for each hash, interpreter and scope', () => {
    const [duckdb] = readLock(lock);
    const [other] = readLock(lock.replace(hash('b'), hash('e')));
    if (duckdb === undefined || other === undefined) throw new Error('no package');
    const keys = [
      buildPackageKey(duckdb, '3.13.5', ''),
      buildPackageKey(duckdb, '3.13.6', ''),
      buildPackageKey(duckdb, '3.13.5', 'workspace-1'),
      buildPackageKey(other, '3.13.5', ''),
    ];
    expect(new Set(keys).size).toBe(4);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is complete when the requirements pin each of its packages', () => {
    const [duckdb, built] = readLock(lock);
    if (duckdb === undefined || built === undefined) throw new Error('no package');
    const pins = ['DuckDB[all]==2.0.1 ; sys_platform == "linux"', 'built_here == 1.0'];
    expect(isComplete(pins, [duckdb, built])).toBe(true);
    expect(isComplete(pins.slice(1), [duckdb, built])).toBe(false);
    expect(isComplete(['duckdb==2.0.2', 'built-here==1.0'], [duckdb, built])).toBe(false);
  });

  it.each([
    [['dlt==1.31.0', 'duckdb==2.0.1; python_version > "3"'], true],
    [['dlt>=1.31.0'], false],
    [['dlt==1.31.*'], false],
    [['dlt==1.31.0,<2'], false],
    [['dlt @ https://files.example/dlt.whl'], false],
    [[], false],
  ])('%j is pinned: %s', (requirements, expected) => {
    expect(arePinned(requirements)).toBe(expected);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainReservedVariable, findReservedVariable, reservedVariables } from './reserved-variables.ts';

describe('findReservedVariable', () => {
  it.each([
    'PATH',
    'PUMPHOUSE_ANYTHING',
    'RUNTIME__DLTHUB_DSN',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'LD_AUDIT',
    'GLIBC_TUNABLES',
    'GCONV_PATH',
    'MALLOC_CHECK_',
    'PYTHONHOME',
    'PYTHONSTARTUP',
    'PYTHONINSPECT',
    'PYTHONUSERBASE',
    'PYTHONSAFEPATH',
    'BASH_ENV',
    'NODE_OPTIONS',
    'DLT_DATA_DIR',
    'WORKSPACE__PROFILE',
  ])('reserves %s', (name) => {
    expect(findReservedVariable(name)).not.toBeNull();
  });

  it.each([
    'PYTHONHASHSEED',
    'PYTHONWARNINGS',
    'PYTHONMALLOC',
    'PYTHONUTF8',
    'PUMPHOUSE_START',
    'MALLOC_ARENA_MAX',
    'ENV',
    'SSL_CERT_FILE',
    'HTTPS_PROXY',
    'UV_INDEX',
    'PIP_INDEX_URL',
    'RUNTIME__LOG_LEVEL',
    'JAVA_TOOL_OPTIONS',
    'OLD_PRELOAD',
    'ld_preload',
    'path',
    'LANG',
    'constructor',
  ])('allows %s', (name) => {
    expect(explainReservedVariable(name)).toBeNull();
  });
});

it('gives the reason and the alternative', () => {
  expect(explainReservedVariable('LD_PRELOAD')).toBe(
    'LD_PRELOAD is reserved: the dynamic loader reads it, before any code of the run. ' +
      'Install the library in the image of the runs, or load it with ctypes.',
  );
  expect(explainReservedVariable('HOME')).toBe(
    'HOME is reserved: Pumphouse sets it in every run. Choose another name.',
  );
});

it('matches docs/concepts/variables.md: each name and each prefix with its reason', () => {
  const page = readFileSync(new URL('../../../docs/concepts/variables.md', import.meta.url), 'utf8');
  const rows = page.split('\n').flatMap((line) => {
    const cells = /^\| (`.+`) +\| (.+?) +\| (.+?) +\|$/.exec(line);
    return cells ? [[cells[1], cells[2], cells[3]]] : [];
  });
  const quote = (names: readonly string[]) => names.map((name) => `\`${name}\``);
  expect(rows).toEqual(
    reservedVariables.map(({ names, prefixes, reason, instead }) => [
      [...quote(names), ...quote(prefixes.map((prefix) => `${prefix}*`))].join(' '),
      reason,
      instead ?? 'Choose another name',
    ]),
  );
});

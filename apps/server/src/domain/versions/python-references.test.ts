import { describe, expect, it } from 'vitest';
import { readPythonReferences } from './python-references.ts';

const modulesOf = (source: string) =>
  readPythonReferences(source).modules.map(
    ({ level, parts, names }) => `${'.'.repeat(level)}${parts.join('.')}: ${names.join(' ')}`,
  );

describe('the references of a Python module', () => {
  it('contain every form of import', () => {
    const source = `
import a.b.c as d, e
from .x import y as z, w
from .. import q
from ...p.q import *
from a.b import (
  b,  # the first
  c,
)
def f():
    import lazy
if TYPE_CHECKING:
    from t import u
`;
    expect(modulesOf(source)).toEqual([
      'a.b.c: ',
      'e: ',
      '.x: y w',
      '..: q',
      '...p.q: ',
      'a.b: b c',
      'lazy: ',
      't: u',
    ]);
  });

  it('do not contain imports in texts and comments', () => {
    expect(modulesOf('"""\nimport a\n"""\n# import b\nx = "import c"\n')).toEqual([]);
  });

  it('contain plain string literals', () => {
    const source = `open("queries/a.sql"); x = f"q/{name}.sql"; y = 'b' 'c.sql'; z = "\\n"; w = ""`;
    expect(readPythonReferences(source).texts).toEqual(['queries/a.sql', 'b', 'c.sql']);
  });

  it('are empty for source that is not Python, and found in what can be parsed', () => {
    expect(readPythonReferences('\u0000{{{').modules).toEqual([]);
    expect(modulesOf('def f(:\nimport a\n')).toEqual(['a: ']);
    expect(modulesOf('from')).toEqual([]);
  });

  it('are read in linear time', () => {
    expect(readPythonReferences(`${'('.repeat(50_000)}import a`).modules).toEqual([]);
    expect(modulesOf('import a\n'.repeat(20_000))).toHaveLength(20_000);
  });
});

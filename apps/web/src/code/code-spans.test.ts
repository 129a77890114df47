import { describe, expect, it } from 'vitest';
import { divideLine, splitSpans } from './code-spans.ts';
import { highlightText } from './highlight-text.ts';
import { languageOf, type CodeLanguage } from './languages.ts';

/** The kinds of a text's parts: "keyword:def name:f". */
function describeText(text: string, language: CodeLanguage): string[] {
  return splitSpans(text, highlightText(text, language)).map((spans, index) =>
    spans.map(({ start, end, kind }) => `${kind}:${text.split('\n')[index]?.slice(start, end)}`).join(' '),
  );
}

describe('highlighted code', () => {
  it.each<[CodeLanguage, string, string[]]>([
    [
      'python',
      'def f(a):\n  return "<&\'" # 1',
      ['keyword:def name:f', 'keyword:return string:"<&\'" comment:# 1'],
    ],
    ['python', 'x = """one\ntwo""" + 3', ['string:"""one', 'string:two""" number:3']],
    ['ini', '[tool.x]\nsize = 3', ['name:[tool.x]', 'name:size number:3']],
    ['sql', 'select 1 from orders', ['keyword:select number:1 keyword:from']],
    ['yaml', 'on: true', ['name:on: keyword:true']],
    ['json', '{"a": null}', ['name:"a" keyword:null']],
  ])('of %s: %s', (language, text, lines) => {
    expect(describeText(text, language)).toEqual(lines);
  });

  it('keeps every character, whatever the text is', () => {
    for (const text of ['', '\n\n', 'f"{a!r:>{b}} & <i>"', "'''", 'é ü 🎈 = 1', 'def (((', '&amp; &lt;']) {
      const lines = splitSpans(text, highlightText(text, 'python'));
      const joined = text.split('\n').map((line, index) =>
        divideLine(line, lines[index] ?? [], null)
          .map((part) => part.text)
          .join(''),
      );
      expect(joined.join('\n')).toBe(text);
    }
  });
});

it('a line is divided by its spans and its emphasis', () => {
  expect(
    divideLine('return int(text)', [{ start: 0, end: 6, kind: 'keyword' }], { start: 4, end: 10 }),
  ).toEqual([
    { text: 'retu', kind: 'keyword', isEmphasized: false },
    { text: 'rn', kind: 'keyword', isEmphasized: true },
    { text: ' int', kind: null, isEmphasized: true },
    { text: '(text)', kind: null, isEmphasized: false },
  ]);
});

it('languages are known by the ending of a file', () => {
  expect(
    ['a/b.py', 'pyproject.toml', 'x.SQL', 'c.yml', 'd.json', 'Dockerfile', 'e.md'].map(languageOf),
  ).toEqual(['python', 'ini', 'sql', 'yaml', 'json', null, null]);
});

import hljs from 'highlight.js/lib/core';
import ini from 'highlight.js/lib/languages/ini';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import sql from 'highlight.js/lib/languages/sql';
import yaml from 'highlight.js/lib/languages/yaml';
import { codeKinds, type CodeKind, type PackedSpans } from './code-spans.ts';
import type { CodeLanguage } from './languages.ts';

for (const [name, language] of Object.entries({ ini, json, python, sql, yaml })) {
  hljs.registerLanguage(name, language);
}

const kindOfScope: Record<string, CodeKind> = {
  keyword: 'keyword',
  literal: 'keyword',
  type: 'keyword',
  built_in: 'name',
  title: 'name',
  section: 'name',
  attr: 'name',
  attribute: 'name',
  meta: 'name',
  string: 'string',
  regexp: 'string',
  number: 'number',
  comment: 'comment',
};

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'" };
const markup = /<span class="([^"]*)">|<\/span>|&([\w#]+);|[^<&]+/g;

/**
 * Finds the keywords, strings and so on of a text. The library returns HTML, which is read here and never put into
 * a page. Only for workers: 10,000 lines take up to two seconds on a busy machine.
 */
export function highlightText(text: string, language: CodeLanguage): PackedSpans {
  const html = hljs.highlight(text, { language, ignoreIllegals: true }).value;
  const spans: number[] = [];
  const open: (CodeKind | null)[] = [];
  let at = 0;
  for (const [part, scopes, entity] of html.matchAll(markup)) {
    if (scopes !== undefined) open.push(readKind(scopes) ?? open.at(-1) ?? null);
    else if (part === '</span>') open.pop();
    else {
      const length = entity === undefined ? part.length : (entities[entity] ?? part).length;
      addSpan(spans, at, at + length, open.at(-1) ?? null);
      at += length;
    }
  }
  return new Uint32Array(spans);
}

/** "hljs-title function_" is a name. Code within a string, as of an f-string, is none of its kind. */
function readKind(scopes: string): CodeKind | undefined {
  return kindOfScope[/^hljs-(\w+)/.exec(scopes)?.[1] ?? ''];
}

function addSpan(spans: number[], start: number, end: number, kind: CodeKind | null): void {
  if (kind === null) return;
  const index = codeKinds.indexOf(kind);
  if (spans.at(-1) === index && spans.at(-2) === start) spans[spans.length - 2] = end;
  else spans.push(start, end, index);
}

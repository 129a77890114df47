import { describe, expect, it } from 'vitest';
import { createTextMask } from './mask-text.ts';

const secret = 'pä"ss wo/rd+1';

describe('createTextMask', () => {
  const mask = createTextMask([secret, 'swordfish', 'swordfish-and-more']);

  it.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ a: secret }).slice(6, -2)],
    ['in JSON within JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in a URL', encodeURIComponent(secret)],
    ['in a path of a URL', encodeURI(secret)],
    ['in a form', encodeURIComponent(secret).replaceAll('%20', '+')],
    ['in a URL in small letters', encodeURIComponent(secret).toLowerCase()],
    ['the longer of two', 'swordfish-and-more'],
  ])('masks a value %s', (_, form) => {
    expect(mask(`before ${form} after ${form}.`)).toBe('before *** after ***.');
  });

  it.each([
    ['HTML text', 'a&amp;b&lt;c&gt;"d\'é'],
    ['an attribute', "a&amp;b&lt;c&gt;&quot;d'é"],
    ['HTML of Python', 'a&amp;b&lt;c&gt;&quot;d&#x27;é'],
    ['HTML of Django', 'a&amp;b&lt;c&gt;&quot;d&#39;é'],
    ['HTML of Jinja', 'a&amp;b&lt;c&gt;&#34;d&#39;é'],
    ['XML', 'a&amp;b&lt;c&gt;&quot;d&apos;é'],
    ['HTML in JSON', 'a&amp;b&lt;c&gt;\\"d\'é'],
    ['JSON in HTML', 'a&amp;b&lt;c&gt;\\&quot;d&#x27;é'],
  ])('masks a value in %s', (_, form) => {
    expect(createTextMask(['a&b<c>"d\'é'])(`before ${form} after`)).toBe('before *** after');
  });

  it.each(['', 'u', 'us', 'user:'])('masks it in base64 of %j followed by the value', (before) => {
    const encoded = Buffer.from(`${before}${secret}`).toString('base64');
    expect(mask(encoded)).toContain('***');
    const url = Buffer.from(`${before}${secret}`).toString('base64url');
    expect(mask(url)).toContain('***');
  });

  it('leaves other text unchanged, and everything if there are no secrets', () => {
    expect(mask('sword fish $& [a-z]')).toBe('sword fish $& [a-z]');
    expect(createTextMask([])('swordfish')).toBe('swordfish');
    expect(createTextMask(['two\nlines'])('two\nlines')).toBe('two\nlines');
  });
});

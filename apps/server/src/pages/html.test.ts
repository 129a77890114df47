import { describe, expect, it } from 'vitest';
import { cookieName, readCookie, writeCookie } from './cookies.ts';
import { html } from './html.ts';

describe('html', () => {
  it('escapes every inserted value', () => {
    const evil = `<script>alert("1")</script>'&`;
    expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;</p>',
    );
  });

  it('inserts HTML fragments and lists of them unchanged, and nothing for empty values', () => {
    const items = ['a<', 'b'].map((item) => html`<li>${item}</li>`);
    expect(html`${items}${null}${undefined}${false}${0}`.text).toBe('<li>a&lt;</li><li>b</li>0');
  });
});

describe('cookies', () => {
  it('are read by their full name', () => {
    expect(readCookie('a=1; pumphouse=x; pumphouse=x', 'pumphouse')).toBe('x');
    // One of the two was set by another page, and they cannot be told apart.
    expect(readCookie('a=1; pumphouse=x; pumphouse=y', 'pumphouse')).toBeNull();
    expect(readCookie('pumphouse=; pumphouse=y', 'pumphouse')).toBeNull();
    expect(readCookie('xpumphouse=1; pumphouse-known=2', 'pumphouse')).toBeNull();
    expect(readCookie(undefined, 'pumphouse')).toBeNull();
    expect(readCookie('pumphouse=', 'pumphouse')).toBeNull();
  });

  it('are limited to this host, and over https to https', () => {
    const name = cookieName('pumphouse', true);
    expect(writeCookie(name, 'v', { seconds: 0, isSecure: true })).toBe(
      '__Host-pumphouse=v; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
    );
  });
});

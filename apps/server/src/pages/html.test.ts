import { describe, expect, it } from 'vitest';
import { cookieName, readCookie, writeCookie } from './cookies.ts';
import { html } from './html.ts';

describe('html', () => {
  it('escapes whatever is not its own', () => {
    const evil = `<script>alert("1")</script>'&`;
    expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;</p>',
    );
  });

  it('puts pieces and lists of them in as they are, and nothing for nothing', () => {
    const items = ['a<', 'b'].map((item) => html`<li>${item}</li>`);
    expect(html`${items}${null}${undefined}${false}${0}`.text).toBe('<li>a&lt;</li><li>b</li>0');
  });
});

describe('cookies', () => {
  it('are read by their whole name, the first one first', () => {
    expect(readCookie('a=1; pumphouse=x; pumphouse=x', 'pumphouse')).toBe('x');
    // One of the two was set by somebody else, and which cannot be told.
    expect(readCookie('a=1; pumphouse=x; pumphouse=y', 'pumphouse')).toBeNull();
    expect(readCookie('pumphouse=; pumphouse=y', 'pumphouse')).toBeNull();
    expect(readCookie('xpumphouse=1; pumphouse-known=2', 'pumphouse')).toBeNull();
    expect(readCookie(undefined, 'pumphouse')).toBeNull();
    expect(readCookie('pumphouse=', 'pumphouse')).toBeNull();
  });

  it('are for this host only, and over https for nothing else', () => {
    const name = cookieName('pumphouse', true);
    expect(writeCookie(name, 'v', { seconds: 0, isSecure: true })).toBe(
      '__Host-pumphouse=v; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
    );
  });
});

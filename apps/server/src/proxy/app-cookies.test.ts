import { describe, expect, it } from 'vitest';
import { keepCookiesOfApp, maySetCookie, readSessionSecret, writeSessionCookie } from './app-cookies.ts';
import { sales } from './testing/fake-gate.ts';

const context = (isSecure: boolean) => ({ app: sales, isSecure });

describe('cookies of a request', () => {
  it('drops the session cookie, with any prefix and case, and keeps the rest', () => {
    const header =
      'a=1; pumphouse-app=x; pumphouse-app-stock=x; __Host-pumphouse-app=y; __Secure-Pumphouse-Known=z; pumphouse=q; __Host-Http-pumphouse-visitor=v; pumphouses=2; =pumphouse-app=3; b="4"';
    expect(keepCookiesOfApp(header)).toBe('a=1; pumphouses=2; b="4"');
  });

  it('is omitted if no cookie is left', () => {
    expect(keepCookiesOfApp('pumphouse-app=x;')).toBeNull();
    expect(keepCookiesOfApp(undefined)).toBeNull();
  });
});

describe('cookies that an app sets', () => {
  it.each(['a=1', 'a=1; Path=/; HttpOnly', '__Host-a=1; Secure; Path=/', 'a=domain; Path=/domain=x'])(
    'allows %s',
    (line) => expect(maySetCookie(line)).toBe(true),
  );

  it.each([
    'pumphouse-app=evil',
    'PumpHouse-App=evil; Path=/',
    '  pumphouse-app =evil',
    '\tpumphouse-app\t=evil',
    '__Host-pumphouse-app=evil; Secure; Path=/',
    '__HOST-Pumphouse-APP=evil',
    '__Http-pumphouse-app=evil',
    'pumphouse=evil',
    'pumphouse-anything=evil',
    'pumphouse-app',
    '=pumphouse-app=evil',
    '= __Host-pumphouse-app=evil',
  ])('drops %s, which has a reserved name', (line) => expect(maySetCookie(line)).toBe(false));

  it.each([
    'a=1; Domain=apps.example.com',
    'a=1; DOMAIN=localhost',
    'a=1;domain =x',
    'a=1; \tDomain\t= x',
    'a=1; Domain',
    'a=1; Domain=; Path=/',
    'a="x; Domain=localhost"',
  ])('drops %s, which also applies to other hosts', (line) => expect(maySetCookie(line)).toBe(false));
});

it('the session cookie is limited to one host and one app, and to https by its name', () => {
  expect(writeSessionCookie(context(true), 'x', 60)).toBe(
    '__Host-pumphouse-app-sales=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
  );
  expect(writeSessionCookie(context(false), 'x', 60)).toBe(
    'pumphouse-app-sales=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax',
  );
  expect(readSessionSecret('pumphouse-app-sales=x', context(true))).toBeNull();
  expect(readSessionSecret('pumphouse-app-sales=x', context(false))).toBe('x');
  expect(readSessionSecret('pumphouse-app-stock=x', context(false))).toBeNull();
});

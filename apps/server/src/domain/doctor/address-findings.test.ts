import type { PortInput, PublicUrlInput } from './address-findings.ts';
import { describe, expect, it } from 'vitest';
import {
  deriveExposureFinding,
  derivePortFinding,
  deriveProxiesFinding,
  derivePublicUrlFinding,
} from './address-findings.ts';
import { deriveBlobsFinding, deriveMailFinding } from './service-findings.ts';

const settings = { port: 'PUMPHOUSE_PORT', host: 'PUMPHOUSE_HOST' };

it.each<[Partial<PortInput> & { state: PortInput['state'] }, string, string | null]>([
  [{ state: 'free' }, 'ok', null],
  [{ state: 'served' }, 'ok', null],
  [{ state: 'no_family' }, 'skipped', null],
  [{ state: 'failed', code: 'EADDRINUSE' }, 'problem', "ss -ltnp 'sport = :8080'"],
  [{ state: 'failed', code: 'EACCES' }, 'problem', 'above 1023'],
  [{ state: 'failed', code: 'EADDRNOTAVAIL' }, 'problem', 'PUMPHOUSE_HOST'],
  [{ state: 'failed', code: 'EOTHER' }, 'problem', 'PUMPHOUSE_PORT'],
])('rates a port with %j as %s', (state, status, nextStep) => {
  const finding = derivePortFinding({ address: '::1', port: 8080, ...state } as PortInput, settings);
  expect(finding.status).toBe(status);
  expect(finding.nextStep ?? '').toContain(nextStep ?? '');
});

describe('derivePublicUrlFinding', () => {
  const reached: PublicUrlInput = {
    url: 'https://pump.example.com',
    isLoopback: false,
    answer: { kind: 'pumphouse' },
  };

  it.each<[string, Partial<PublicUrlInput>, string, string]>([
    ['answers', {}, 'ok', ''],
    ['is not set', { url: null }, 'skipped', ''],
    ['cannot be called without a server', { answer: null }, 'skipped', ''],
    ['is not encrypted', { url: 'http://pump.example.com' }, 'warning', 'TLS'],
    ['is not encrypted, on this machine', { url: 'http://127.0.0.1:8080', isLoopback: true }, 'ok', ''],
    [
      'has no name',
      { answer: { kind: 'error', reason: 'ENOTFOUND' } },
      'problem',
      'pump.example.com resolves',
    ],
    ['is another server', { answer: { kind: 'other', status: 502 } }, 'problem', 'forward all paths'],
    [
      'has a path that the proxy keeps',
      { url: 'https://example.com/pump', answer: { kind: 'other', status: 404 } },
      'problem',
      'without /pump',
    ],
  ])('when it %s', (_, change, status, nextStep) => {
    const finding = derivePublicUrlFinding({ ...reached, ...change });
    expect(finding.status).toBe(status);
    expect(finding.nextStep ?? '').toContain(nextStep);
  });
});

it('warns of a proxy with TLS that is not trusted', () => {
  expect(deriveProxiesFinding('https://pump.example.com', []).status).toBe('warning');
  expect(deriveProxiesFinding('https://pump.example.com', ['10.0.0.1']).status).toBe('ok');
  expect(deriveProxiesFinding('http://127.0.0.1:8080', []).status).toBe('skipped');
  expect(deriveProxiesFinding(null, []).status).toBe('skipped');
});

it('reports what keeps the server from listening beyond loopback', () => {
  expect(deriveExposureFinding('0.0.0.0', false, ['There is no owner.'])).toMatchObject({
    status: 'problem',
    nextStep: 'There is no owner.',
  });
  expect(deriveExposureFinding('127.0.0.1', true, []).found).toContain('this machine only');
});

it('names the mail server and the place of blobs that fail, and why', () => {
  expect(deriveMailFinding('mail.example.com:587', 'Invalid login.')).toMatchObject({
    status: 'problem',
    found: 'The mail server mail.example.com:587 cannot be used: Invalid login.',
  });
  expect(deriveBlobsFinding('s3', 's3://bucket/p', 'no such bucket')).toMatchObject({
    found: expect.stringMatching(/s3:\/\/bucket\/p.*no such bucket\.$/),
    nextStep: expect.stringContaining('PUMPHOUSE_S3_'),
  });
  expect(deriveBlobsFinding('folder', '/blobs', null).status).toBe('ok');
});

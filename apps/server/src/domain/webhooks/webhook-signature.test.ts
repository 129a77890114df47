import { describe, expect, it } from 'vitest';
import { readSignature } from './webhook-signature.ts';

const now = new Date('2026-03-10T12:00:00Z');
const seconds = now.getTime() / 1000;
const one = 'a'.repeat(64);
const two = '0123456789abcdef'.repeat(4);

function read(own: string | undefined, hub?: string) {
  return readSignature({ own, hub }, now);
}

describe('readSignature', () => {
  it('reads our own header, in any order, with spaces, capitals and unknown parts', () => {
    const expected = { ok: true, claim: { prefix: `${seconds}.`, signatures: [one] } };
    expect(read(`t=${seconds},v1=${one}`)).toEqual(expected);
    expect(read(`v1=${one.toUpperCase()}, v0=x, t=${seconds}`)).toEqual(expected);
  });

  it('reads several signatures, which a sender has while it changes its secret', () => {
    expect(read(`t=${seconds},v1=${one},v1=${two}`)).toMatchObject({ claim: { signatures: [one, two] } });
  });

  it.each([300, 0, -300])('accepts a signature that is %i seconds old', (age) => {
    expect(read(`t=${seconds - age},v1=${one}`).ok).toBe(true);
  });

  it.each([
    [301, 'older than 5 minutes'],
    [-301, 'more in the future than 5 minutes'],
    [seconds, 'older'],
  ])('rejects one that is %i seconds old', (age, text) => {
    const reading = read(`t=${seconds - age},v1=${one}`);
    expect(reading.ok ? '' : reading.problem).toContain(text);
  });

  it.each([
    '',
    `v1=${one}`,
    `t=${seconds}`,
    `t=${seconds},v1=`,
    `t=${seconds},v1=${one}0`,
    `t=${seconds},v1=${'g'.repeat(64)}`,
    `t=soon,v1=${one}`,
    `t=-1,v1=${one}`,
    `t=1e3,v1=${one}`,
    `t=${seconds},t=${seconds},v1=${one}`,
    `t=${seconds}.5,v1=${one}`,
  ])('rejects %j', (header) => {
    const reading = read(header);
    expect(reading.ok ? '' : reading.problem).toContain('X-Pumphouse-Signature must be');
  });

  it('reads the header of GitHub', () => {
    const expected = { ok: true, claim: { prefix: '', signatures: [two] } };
    expect(read(undefined, `sha256=${two}`)).toEqual(expected);
  });

  it.each(['', two, `sha1=${two}`, `sha256=${two}00`, 'sha256='])('rejects %j of GitHub', (header) => {
    const reading = read(undefined, header);
    expect(reading.ok ? '' : reading.problem).toContain('X-Hub-Signature-256 must be');
  });

  it('does not accept the header without a time in place of ours', () => {
    expect(read(`t=${seconds - 301},v1=${one}`, `sha256=${two}`).ok).toBe(false);
  });

  it('rejects a delivery without a signature', () => {
    const reading = read(undefined);
    expect(reading.ok ? '' : reading.problem).toContain('not signed');
  });
});

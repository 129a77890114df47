import { describe, expect, it } from 'vitest';
import {
  encodeWebhookPath,
  findWebhookPathProblem,
  findWebhookTrigger,
  readWebhookPath,
} from './webhook-path.ts';

describe('readWebhookPath', () => {
  it.each([
    ['webhook:', ''],
    ['webhook:/', ''],
    ['webhook:orders', 'orders'],
    ['webhook:/orders/', 'orders'],
    ['webhook: orders/new ', 'orders/new'],
    ['webhook:a:b', 'a:b'],
    ['tag:orders', null],
    ['webhooks:orders', null],
  ])('reads %j as %j', (trigger, path) => {
    expect(readWebhookPath(trigger)).toBe(path);
  });
});

describe('findWebhookTrigger', () => {
  const triggers = ['every:5m', 'webhook:', 'webhook:/orders', 'tag:orders/new'];

  it.each([
    ['', 'webhook:'],
    ['orders', 'webhook:/orders'],
    ['orders/new', undefined],
    ['Orders', undefined],
  ])('finds for the path %j: %j', (path, trigger) => {
    expect(findWebhookTrigger(triggers, path)).toBe(trigger);
  });
});

describe('findWebhookPathProblem', () => {
  it.each(['', '/', 'orders', '/orders/new/', 'größe & co?', 'a..b', 'x'.repeat(512)])(
    'accepts %j',
    (path) => {
      expect(findWebhookPathProblem(path)).toBeNull();
    },
  );

  it.each([
    ['x'.repeat(513), 'longer than 512'],
    ['a//b', 'empty part'],
    ['a/../b', "'..'"],
    ['./b', "'.'"],
    ['a\nb', 'control character'],
    ['a\ud800', 'control character'],
  ])('rejects %j', (path, text) => {
    expect(findWebhookPathProblem(path)).toContain(text);
  });
});

it('encodes each part of a path', () => {
  expect(encodeWebhookPath('')).toBe('');
  expect(encodeWebhookPath('orders/größe & co?')).toBe('/orders/gr%C3%B6%C3%9Fe%20%26%20co%3F');
});

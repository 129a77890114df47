import { describe, expect, it } from 'vitest';
import { createKeySequence } from './key-sequence.ts';

const key = (name: string, rest: { ctrlKey?: boolean; isTyping?: boolean } = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isTyping: false,
  ...rest,
});

describe('a key press', () => {
  it('can be a shortcut by itself', () => {
    const press = createKeySequence();
    expect(press(key('/'), 0)).toBe('/');
    expect(press(key('K', { ctrlKey: true }), 1)).toBe('mod+k');
  });

  it('completes a sequence before the timeout', () => {
    const press = createKeySequence();
    expect(press(key('g'), 0)).toBeNull();
    expect(press(key('j'), 1000)).toBe('g j');
    expect(press(key('j'), 1001)).toBe('j');
    expect(press(key('g'), 2000)).toBeNull();
    expect(press(key('j'), 5000)).toBe('j');
  });

  it('is text while the user types, except for the palette shortcut', () => {
    const press = createKeySequence();
    expect(press(key('/', { isTyping: true }), 0)).toBeNull();
    expect(press(key('k', { ctrlKey: true, isTyping: true }), 1)).toBe('mod+k');
  });

  it('with another modifier is left to the browser', () => {
    const press = createKeySequence();
    expect(press(key('j', { ctrlKey: true }), 0)).toBeNull();
  });
});

import { expect, it } from 'vitest';
import { nothingTyped, typeAhead, type TypedAhead } from './type-ahead.ts';

const press = (key: string, modifiers: { ctrlKey?: boolean } = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...modifiers,
});

const type = (keys: readonly string[]) =>
  keys.reduce<TypedAhead>((typed, key) => typeAhead(typed, press(key)) ?? typed, nothingTyped);

it('keys before the field of the palette has the focus are its text', () => {
  expect(type(['j', 'o', ' ', 'Ü'])).toEqual({ text: 'jo Ü', isEntered: false });
  expect(type(['j', 'x', 'Backspace', 'o', 'Enter'])).toEqual({ text: 'jo', isEntered: true });
  expect(type(['Backspace', 'Shift', 'a', 'ArrowDown'])).toEqual({ text: 'a', isEntered: false });
});

it('text after Enter takes the Enter back', () => {
  expect(type(['j', 'Enter', 'o'])).toEqual({ text: 'jo', isEntered: false });
});

it('keys with a modifier are left to the browser', () => {
  expect(typeAhead(nothingTyped, press('v', { ctrlKey: true }))).toBeNull();
});

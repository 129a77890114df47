/** Converts values between a settings file and variables, which are texts. Pure. */
import type { Setting } from '../setting-list.ts';

type Form = Setting['form'];
type Given = { text: string } | { problem: string };

/** @returns the text of the variable, or what the value must be */
export function readValue(form: Form, value: unknown): Given {
  switch (form) {
    case 'text':
      return typeof value === 'string' ? { text: value } : { problem: 'must be a text in quotes' };
    case 'number':
      return typeof value === 'number'
        ? { text: String(value) }
        : { problem: 'must be a number without quotes' };
    case 'switch':
      return typeof value === 'boolean' ? { text: value ? '1' : '0' } : { problem: mustBeSwitch };
    case 'flag':
      return typeof value === 'boolean' ? { text: String(value) } : { problem: mustBeSwitch };
    case 'list':
      return readList(value, 'string');
    case 'numbers':
      return readList(value, 'number');
    default:
      return typeof value === 'string' ? { text: value } : { problem: 'must be a table with texts' };
  }
}

const mustBeSwitch = 'must be true or false, without quotes';

function readList(value: unknown, type: 'string' | 'number'): Given {
  const shown = type === 'string' ? 'texts in quotes' : 'numbers';
  if (!Array.isArray(value) || value.some((each) => typeof each !== type))
    return { problem: `must be an array of ${shown}` };
  const texts = value.map(String);
  if (texts.some((text) => text.includes(',')))
    return { problem: 'must have no commas in its parts: write each value in quotes of its own' };
  return { text: texts.join(',') };
}

/**
 * Joins the values of a table.
 * @returns the text of the variable, or what the table must be
 */
export function readPairs(form: Form, pairs: readonly (readonly [string, unknown])[]): Given {
  const separator = form === 'spaced-pairs' ? ' ' : ',';
  const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
  if (pairs.some(([, value]) => !isScalar(value))) return { problem: 'must be a table with texts' };
  const texts = pairs.map(([name, value]) => [name, String(value)] as const);
  if (form === 'encoded-pairs')
    return { text: texts.map((pair) => pair.map(encodeURIComponent).join('=')).join(separator) };
  if (texts.some((pair) => pair.join('').includes(separator)))
    return { problem: `must have no ${form === 'spaced-pairs' ? 'spaces' : 'commas'} in its values` };
  return { text: texts.map((pair) => pair.join('=')).join(separator) };
}

/** Writes the text of a variable as the value in a settings file. */
export function formatValue(form: Form, text: string): string {
  switch (form) {
    case 'number':
      return text;
    case 'switch':
      return text === '1' ? 'true' : 'false';
    case 'flag':
      return text.trim().toLowerCase() === 'true' ? 'true' : 'false';
    case 'list':
      return `[${splitText(text, ',').map(quote).join(', ')}]`;
    case 'numbers':
      return `[${splitText(text, ',').join(', ')}]`;
    case 'pairs':
      return text.includes('=') || text === '' ? formatPairs(splitText(text, ',')) : quote(text);
    case 'spaced-pairs':
      return formatPairs(splitText(text, ' '));
    case 'encoded-pairs':
      return formatPairs(splitText(text, ',').map(decodeURIComponent));
    default:
      return quote(text);
  }
}

function splitText(text: string, separator: string): string[] {
  return text.split(separator).flatMap((part) => part.trim() || []);
}

function formatPairs(pairs: readonly string[]): string {
  if (pairs.length === 0) return '{}';
  const formatted = pairs.map((pair) => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    return `${/^[\w-]+$/.test(name) ? name : quote(name)} = ${quote(pair.slice(at + 1))}`;
  });
  return `{ ${formatted.join(', ')} }`;
}

/** JSON escapes as TOML does, except the character DEL. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', String.raw`\u007F`);
}

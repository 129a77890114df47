import { parse as parseToml } from 'smol-toml';

/**
 * Parses a configuration file. Invalid TOML fails the run inside dlt, but everything in it that looks like a
 * value is masked nevertheless.
 */
export function parseConfiguration(text: string): unknown {
  try {
    return parseToml(text);
  } catch {
    const settings = text.matchAll(/([\w.-]*)["']?\s*=\s*["']?([^"'\n]+)/g);
    return [...settings].map(([, key = '', value = '']) => ({ [key.split('.').at(-1) ?? '']: value.trim() }));
  }
}

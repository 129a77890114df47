import { z } from 'zod';

/** How the settings file writes a value whose variable is a text. Without it, the schema decides. */
export type SettingForm =
  /** `true` or `false`, which the variable has as such a text. */
  | 'flag'
  /** A number, although the schema reads a text. */
  | 'number'
  /** An array of texts; commas separate them in the variable. */
  | 'list'
  /** An array of whole numbers. */
  | 'numbers'
  /** A table; the variable has `<name>=<value>` separated by commas. */
  | 'pairs'
  /** A table; the variable has `<name>=<value>` separated by spaces. */
  | 'spaced-pairs'
  /** A table; the variable has `<name>=<value>` separated by commas, percent-encoded. */
  | 'encoded-pairs';

/** What is declared of a setting beside the schema of its value. */
export interface SettingDetails {
  /** Its place in the settings file, such as `server.port`. */
  key: string;
  /** What it is for, in Markdown, without its default. */
  description: string;
  /** The default in Markdown, if the schema has none or computes it. A code span alone is the value itself. */
  default?: string;
  /** A value as in the variable, if there is no default that could serve as an example. */
  example?: string;
  form?: SettingForm;
  /** `url`: an address that may contain a password. A secret can also be given as the path of a file. */
  secret?: 'value' | 'url';
  /** Never repeated in an error, because an operator may have put a password there by mistake. */
  hidden?: true;
  /** A running server follows a change of the settings file. */
  reload?: true;
}

/** The details of each schema in the tables of settings. */
export const settingDetails = z.registry<SettingDetails>();

/** @returns the schema without its default or optional wrapper */
export function unwrapSchema(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return unwrapSchema(schema.unwrap());
  return schema;
}

import { z } from 'zod';
import { settingDetails, unwrapSchema, type SettingDetails, type SettingForm } from './setting-details.ts';
import { settings } from './settings.ts';

/** One setting, with everything that is declared of it. */
export interface Setting extends Omit<SettingDetails, 'form'> {
  /** Its variable, such as `PUMPHOUSE_PORT`. */
  variable: string;
  schema: z.ZodType;
  /** How the settings file writes its value; `switch`: true or false, which the variable has as 1 or 0. */
  form: SettingForm | 'text' | 'number' | 'switch';
  /** The secret whose value the named file has; null for all other settings. */
  fileOf: string | null;
}

/** All settings in the order of their table. Each secret is followed by the setting for its file. */
export const settingList: readonly Setting[] = Object.entries(settings).flatMap(([variable, schema]) => {
  const setting = describeSetting(variable, schema);
  return setting.secret === undefined ? [setting] : [setting, describeFileOf(setting)];
});

/** The variables of all settings. */
export const settingNames: readonly string[] = settingList.map(({ variable }) => variable);

function describeSetting(variable: string, schema: z.ZodType): Setting {
  const details = settingDetails.get(schema);
  if (!details) throw new Error(`${variable} has no details.`);
  return { ...details, variable, schema, form: details.form ?? deriveForm(schema), fileOf: null };
}

function describeFileOf({ variable, key, reload }: Setting): Setting {
  return {
    variable: `${variable}_FILE`,
    key: `${key}_file`,
    description: `File with the value of \`${variable}\`, instead of that setting`,
    schema: z.string().optional(),
    form: 'text',
    fileOf: variable,
    ...(reload && { reload }),
  };
}

function deriveForm(schema: z.ZodType): Setting['form'] {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodNumber) return 'number';
  const isSwitch = inner instanceof z.ZodEnum && inner.options.join() === '0,1';
  return isSwitch ? 'switch' : 'text';
}

/** @returns the default as the variable would have it; null if there is none, or it depends on the machine */
export function readDefault({
  schema,
  default: declared,
}: Pick<Setting, 'schema' | 'default'>): string | null {
  if (declared !== undefined) return /^`([^`]+)`$/.exec(declared)?.[1] ?? null;
  if (!(schema instanceof z.ZodDefault)) return null;
  const value: unknown = schema.def.defaultValue;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

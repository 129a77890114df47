import { listPartsOfSecret } from './secret-values.ts';

/** A variable of the workspace in a run, whichever scope it is from. */
export interface RunVariable {
  name: string;
  value: string;
  isSecret: boolean;
  /** Another one after each write; stands for the value where a secret must not show. */
  revision: string;
}

/** What must not show in a log of whoever gets these variables. Plain values may. */
export function listMaskedValues(variables: readonly RunVariable[]): string[] {
  const secrets = variables.filter((variable) => variable.isSecret);
  return [...new Set(secrets.flatMap((variable) => listPartsOfSecret(variable.value)))];
}

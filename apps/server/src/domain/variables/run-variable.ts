import { listPartsOfSecret } from './secret-values.ts';

/** A variable of the workspace in a run, from either scope. */
export interface RunVariable {
  name: string;
  value: string;
  isSecret: boolean;
  /** Changes with each write; represents the value of a secret where the value itself must not appear. */
  revision: string;
}

/**
 * Lists the values that must be masked in the log of a process with these variables. Plain values are not
 * masked.
 */
export function listMaskedValues(variables: readonly RunVariable[]): string[] {
  const secrets = variables.filter((variable) => variable.isSecret);
  return [...new Set(secrets.flatMap((variable) => listPartsOfSecret(variable.value)))];
}

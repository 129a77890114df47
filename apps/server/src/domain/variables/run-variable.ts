import { classifyPartsOfSecret, type MaskedValues } from './secret-values.ts';

/** A variable of the workspace in a run, from either scope. */
export interface RunVariable {
  name: string;
  value: string;
  isSecret: boolean;
  /** Changes with each write; represents the value of a secret where the value itself must not appear. */
  revision: string;
}

/** Divides the values of secret variables. Plain values are not masked. */
export function classifyVariables(variables: readonly RunVariable[]): MaskedValues {
  const secrets = variables.filter((variable) => variable.isSecret);
  const parts = secrets.map((variable) => classifyPartsOfSecret(variable.value));
  return {
    everywhere: [...new Set(parts.flatMap(({ everywhere }) => everywhere))],
    inTexts: [...new Set(parts.flatMap(({ inTexts }) => inTexts))],
  };
}

/** Lists the values that must be masked in the log of a build with these variables. */
export function listMaskedValues(variables: readonly RunVariable[]): string[] {
  const { everywhere, inTexts } = classifyVariables(variables);
  return [...new Set([...everywhere, ...inTexts])];
}

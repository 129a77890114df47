import type { MaskedValues } from '../../domain/variables/secret-values.ts';
import type { Persistence } from '../../store/store.ts';
import { createOwnNames } from '../../domain/variables/own-names.ts';
import { listOwnNames } from '../variables/own-names.ts';

/** The run whose values are masked. */
interface MaskedRun {
  workspaceId: string;
  deploymentId: string;
}

/**
 * Creates the choice of what the bootstrap of a run masks. Strings that are secret by their key are masked in all
 * that the run sends, the others of secrets files in texts, unless they are words of the workspace's own names.
 */
export function createMaskValues({ store }: Persistence<'dataSearch' | 'deployments'>) {
  return async function maskValues(
    run: MaskedRun,
    { keepsNames }: { keepsNames: boolean },
    parts: readonly MaskedValues[],
  ): Promise<MaskedValues> {
    const everywhere = [...new Set(parts.flatMap((part) => part.everywhere))];
    const others = new Set(parts.flatMap((part) => part.inTexts));
    for (const value of everywhere) others.delete(value);
    if (others.size === 0) return { everywhere, inTexts: [] };
    const isOwnName = createOwnNames(await listOwnNames(store, run));
    const inTexts = [...others].filter((value) => !isOwnName(value));
    return keepsNames ? { everywhere, inTexts } : { everywhere: [...everywhere, ...inTexts], inTexts: [] };
  };
}

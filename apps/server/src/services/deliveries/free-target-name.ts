import type { ErrorCode } from '@pumphouse/contract';
import { ServiceError } from '../../platform/service-error.ts';

/** A kind of receivers of a workspace: alert channels or event subscriptions. */
export interface TargetKind {
  noun: 'alert channel' | 'event subscription';
  /** How many a workspace can have. */
  max: number;
  existsCode: ErrorCode;
  limitCode: ErrorCode;
}

/**
 * Refuses a name that another target of the workspace has, and a new target beyond the limit.
 * @param target.id null for a new target
 * @throws ServiceError with a code of the kind
 */
export function requireFreeTargetName(
  { noun, max, existsCode, limitCode }: TargetKind,
  existing: readonly { id: string; name: string }[],
  target: { id: string | null; name: string },
): void {
  if (target.id === null && existing.length >= max)
    throw new ServiceError(limitCode, `The workspace has ${max} ${noun}s, the most that it can have.`);
  const name = target.name.toLowerCase();
  if (existing.some((other) => other.id !== target.id && other.name.toLowerCase() === name))
    throw new ServiceError(
      existsCode,
      `The workspace has an ${noun} with the name ${target.name}. Choose another name.`,
    );
}

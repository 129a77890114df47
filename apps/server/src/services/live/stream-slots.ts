import { ServiceError } from '../../platform/service-error.ts';

export interface StreamSlotOptions {
  /** Maximum for one user with several browsers and the clients of their keys. */
  maxOfOne?: number;
  /** Maximum for this process; each stream holds a connection. */
  maxOfAll?: number;
}

/** Limits the open streams of this process. It rejects further ones; p-limit would let them wait. */
export function createStreamSlots({ maxOfOne = 20, maxOfAll = 1000 }: StreamSlotOptions = {}) {
  const openOf = new Map<string, number>();
  let openOfAll = 0;

  /**
   * @returns a function that releases the slot
   * @throws ServiceError too_many_streams
   */
  return function takeSlot(userId: string): () => void {
    const open = openOf.get(userId) ?? 0;
    if (open >= maxOfOne) throw tooMany(`You have ${open} open event streams`);
    if (openOfAll >= maxOfAll) throw tooMany(`The server has ${openOfAll} open event streams`);
    openOf.set(userId, open + 1);
    openOfAll += 1;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      openOfAll -= 1;
      const left = (openOf.get(userId) ?? 1) - 1;
      if (left > 0) openOf.set(userId, left);
      else openOf.delete(userId);
    };
  };
}

function tooMany(what: string): ServiceError {
  return new ServiceError('too_many_streams', `${what}, which is the maximum. Close some, then try again.`);
}

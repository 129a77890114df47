import { ServiceError } from '../../platform/service-error.ts';

export interface StreamSlotOptions {
  /** Maximum for one user with several browsers and the clients of their keys. */
  mostOfOne?: number;
  /** Maximum for this process; each stream holds a connection. */
  mostOfAll?: number;
}

/** Limits the open streams of this process. It rejects further ones; p-limit would let them wait. */
export function createStreamSlots({ mostOfOne = 20, mostOfAll = 1000 }: StreamSlotOptions = {}) {
  const openOf = new Map<string, number>();
  let openOfAll = 0;

  /**
   * @returns a function that releases the slot
   * @throws ServiceError too_many_streams
   */
  return function takeSlot(userId: string): () => void {
    const open = openOf.get(userId) ?? 0;
    if (open >= mostOfOne) throw tooMany(`You have ${open} connections open that wait for events`);
    if (openOfAll >= mostOfAll)
      throw tooMany(`The server has ${openOfAll} connections open that wait for events`);
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
  return new ServiceError('too_many_streams', `${what}, which is the most. Close some, then try again.`);
}

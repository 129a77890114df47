import type { Encryption } from '../platform/encryption.ts';
import type { PageServices } from '../pages/page-services.ts';
import type { Persistence } from '../store/store.ts';
import type { Services } from '../services/create-services.ts';

/** Selects what the server-rendered pages use. */
export function selectPageServices(
  services: Services,
  { persistence, encryption }: { persistence: Persistence; encryption: Encryption },
): PageServices {
  const { accounts } = persistence.store;
  return {
    ...services,
    ...services.signIn,
    openApp: services.apps.openApp,
    sign: (value) => encryption.sign(value),
    isSignature: (value, signature) => encryption.isSignature(value, signature),
    findAccount: (userId) => accounts.find(userId),
    listIdentities: (userId) => accounts.listIdentities(userId),
  };
}

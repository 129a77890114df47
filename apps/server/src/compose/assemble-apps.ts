import type { AppServices } from '../services/apps/apps.ts';
import type { Authorize } from '../services/people/authorize.ts';
import type { Credentials } from '../services/sign-in/credentials.ts';
import type { Encryption } from '../platform/encryption.ts';
import type { GivePort } from '../services/apps/give-port.ts';
import type { Persistence } from '../store/store.ts';
import type { SignIn } from '../services/sign-in/sign-in.ts';
import { createAppAddresses, type AppOrigins } from '../services/apps/app-addresses.ts';
import { createAppVisits } from '../services/apps/app-visits.ts';
import { createOpenApp } from '../services/apps/open-app.ts';
import { createPasswords, type Passwords } from '../services/sign-in/passwords.ts';
import { createPublishApp } from '../services/apps/publish-app.ts';
import { createReadApps } from '../services/apps/read-apps.ts';

/** Assembles the services of apps. */
export function assembleApps(parts: {
  persistence: Persistence;
  authorize: Authorize;
  services: { encryption: Encryption; credentials: Credentials; signIn: SignIn };
  /** Both are known once the server listens. */
  origins: () => AppOrigins;
  serverUrl: () => string;
  givePort: GivePort;
  onTaken: () => void;
  passwords?: Passwords;
}): AppServices {
  const { persistence, authorize, givePort, onTaken, passwords = createPasswords() } = parts;
  const { encryption, credentials, signIn } = parts.services;
  const addresses = createAppAddresses(parts, encryption);
  const visits = createAppVisits({
    persistence,
    authorize,
    credentials,
    encryption,
    passwords,
    swapCodes: signIn.swapCodes,
    addresses,
    givePort,
  });
  return {
    addresses,
    readApps: createReadApps(persistence),
    publishApp: createPublishApp({ persistence, encryption, passwords, addresses, givePort, onTaken }),
    visits,
    openApp: createOpenApp({ persistence, visits }),
  };
}

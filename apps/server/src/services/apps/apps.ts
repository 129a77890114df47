import type { AppAddresses, AppOrigins } from './app-addresses.ts';
import type { AppVisits } from './app-visits.ts';
import type { Authorize } from '../people/authorize.ts';
import type { Credentials } from '../sign-in/credentials.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { GivePort } from './give-port.ts';
import type { OpenApp } from './open-app.ts';
import type { Passwords } from '../sign-in/passwords.ts';
import type { Persistence } from '../../store/store.ts';
import type { PortRange } from '../../domain/primitives/port-range.ts';
import type { PublishApp } from './publish-app.ts';
import type { ReadApps } from './read-apps.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { EventEmitter } from 'node:events';
import { createAppAddresses } from './app-addresses.ts';
import { createAppVisits } from './app-visits.ts';
import { createGivePort } from './give-port.ts';
import { createOpenApp } from './open-app.ts';
import { createPublishApp } from './publish-app.ts';
import { createReadApps } from './read-apps.ts';

/** The use cases for apps, shared by the API and the proxy. */
export interface AppServices {
  addresses: AppAddresses;
  readApps: ReadApps;
  publishApp: PublishApp;
  visits: AppVisits;
  openApp: OpenApp;
  givePort: GivePort;
  /** Registers a callback for each public link that this server revokes. */
  onLinkRevoked(listener: () => void): void;
}

/** Creates the services of apps. */
export function createAppServices(parts: {
  persistence: Persistence<'appPorts' | 'apps' | 'auditLog' | 'configurations' | 'jobs' | 'signInRequests'>;
  authorize: Authorize;
  encryption: Encryption;
  credentials: Credentials;
  signIn: SignIn;
  passwords: Passwords;
  /** Null if apps use host names. */
  appPorts: PortRange | null;
  /** Both are read when an address is needed, because port 0 is resolved only once the server listens. */
  origins: () => AppOrigins;
  serverUrl: () => string;
}): AppServices {
  const { persistence, authorize, encryption, credentials, signIn, passwords } = parts;
  const linkRevocations = new EventEmitter();
  const givePort = createGivePort(parts.appPorts);
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
    publishApp: createPublishApp({
      persistence,
      encryption,
      passwords,
      addresses,
      givePort,
      onLinkRevoked: () => void linkRevocations.emit('revoked'),
    }),
    visits,
    openApp: createOpenApp({ persistence, visits }),
    givePort,
    onLinkRevoked: (listener) => void linkRevocations.on('revoked', listener),
  };
}

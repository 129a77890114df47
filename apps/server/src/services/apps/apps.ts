import type { AppAddresses } from './app-addresses.ts';
import type { AppVisits } from './app-visits.ts';
import type { OpenApp } from './open-app.ts';
import type { PublishApp } from './publish-app.ts';
import type { ReadApps } from './read-apps.ts';

/** The use cases for apps, shared by the API and the proxy. */
export interface AppServices {
  addresses: AppAddresses;
  readApps: ReadApps;
  publishApp: PublishApp;
  visits: AppVisits;
  openApp: OpenApp;
}

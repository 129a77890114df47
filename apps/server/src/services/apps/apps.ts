import type { AppAddresses } from './app-addresses.ts';
import type { AppVisits } from './app-visits.ts';
import type { OpenApp } from './open-app.ts';
import type { PublishApp } from './publish-app.ts';
import type { ReadApps } from './read-apps.ts';

/** The use cases of apps, which the API and the proxy share. */
export interface AppServices {
  addresses: AppAddresses;
  readApps: ReadApps;
  publishApp: PublishApp;
  visits: AppVisits;
  openApp: OpenApp;
}

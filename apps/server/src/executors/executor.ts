import type { AppConnector } from './contract/app-connector.ts';
import type { AttemptRunner } from './contract/attempt-runner.ts';
import type { Backend } from './contract/backend.ts';
import type { EnvironmentBuilder } from './contract/environment-builder.ts';
import type { Inventory } from './contract/inventory.ts';
import type { LocalDataFiles } from './contract/local-data-files.ts';
import type { LocalDataStore } from './contract/local-data-store.ts';
import type { TemplateStore } from './contract/template-store.ts';

/**
 * The executor contract: runs attempts on some backend. Each part has its tests in `conformance/`. A caller
 * takes only the part that it uses.
 */
export interface Executor extends Backend, AttemptRunner, EnvironmentBuilder, LocalDataStore, Inventory {
  /** Null if attempts never have an isolated network: the executor then runs no apps. */
  readonly appConnector: AppConnector | null;
  /** Null if members cannot reach the local data of this executor through the server. */
  readonly localDataFiles: LocalDataFiles | null;
  /** Null if runs always start an interpreter of their own. */
  readonly templates: TemplateStore | null;
}

import type { Config } from '../config/config.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import { createRunServices } from '../services/runs/create-run-services.ts';
import { openFilePorts } from './server-ports.ts';

/** Opens the services that end runs, for `admin end-run`. */
export function openRunServices(config: Config, persistence: Persistence, log: Logger) {
  return createRunServices({ persistence, log, ...openFilePorts({ current: config }, persistence) });
}

import type { Config } from './config.ts';
import { pino, type Logger } from 'pino';

/** Creates the log of a server and of the operator's commands: JSON lines on standard error. */
export function createServerLog(config: Pick<Config, 'logLevel'>): Logger {
  return pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
}

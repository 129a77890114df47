import type { Config } from './config.ts';
import type { RecentErrors } from '../platform/recent-errors.ts';
import { pino, type Logger } from 'pino';

/** Levels of pino from which entries are noted. */
const warningLevel = 40;
const errorLevel = 50;

/**
 * Creates the log of a server and of the operator's commands: JSON lines on standard error.
 * @param recentErrors gets the warnings and errors that are logged
 */
export function createServerLog(config: Pick<Config, 'logLevel'>, recentErrors?: RecentErrors): Logger {
  return pino(
    {
      level: config.logLevel,
      base: null,
      hooks: {
        logMethod(given, method, level) {
          if (recentErrors && level >= warningLevel)
            recentErrors.note({ level: level >= errorLevel ? 'error' : 'warning', ...readEntry(given) });
          method.apply(this, given);
        },
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Reads the arguments of a log method: fields or an error, then the message. */
function readEntry([first, second]: readonly unknown[]): { message: string; error: string | null } {
  if (typeof first === 'string') return { message: first, error: null };
  const error = first instanceof Error ? first : readField(first, 'err');
  const text = error instanceof Error ? error.message : null;
  // A check logs what it found in this field.
  const detail = readField(first, 'detail');
  return {
    message: typeof second === 'string' ? second : (text ?? ''),
    error: typeof second === 'string' ? (text ?? (typeof detail === 'string' ? detail : null)) : null,
  };
}

function readField(fields: unknown, name: string): unknown {
  return typeof fields === 'object' && fields !== null ? Reflect.get(fields, name) : undefined;
}

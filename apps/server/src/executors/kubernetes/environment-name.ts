/** Names of environments, which tell what an environment needs without a request. */
import { ExecutorError } from '../contract/executor-error.ts';

export interface EnvironmentName {
  /** The environment's key; its beginning for environments of earlier releases. */
  key: string;
  /** "3.13" */
  pythonVersion: string;
  /** The user that built it, and the only one that can remove it. */
  uid: number;
}

/** Creates the name of an environment's folder. */
export function buildEnvironmentName({ key, pythonVersion, uid }: EnvironmentName, unique: string): string {
  return `${key
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 32)}-${unique.slice(0, 8)}-${pythonVersion}-${uid}`;
}

/** @throws ExecutorError config for anything but an environment of this executor */
export function readEnvironmentName(path: string): EnvironmentName {
  const [, key = '', pythonVersion = '', uid = ''] =
    /^([a-z0-9]{1,32})-[0-9a-f]{8}-(\d+\.\d+)-(\d{1,10})$/.exec(path) ?? [];
  if (key === '') throw new ExecutorError('config', `There is no environment ${path} of this executor.`);
  return { key, pythonVersion, uid: Number(uid) };
}

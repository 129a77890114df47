import { readFileSync, readlinkSync } from 'node:fs';
import type { ProcessLocation } from '../domain/attempts/process-location.ts';

/** The location of this process. @throws where there is no /proc (not Linux) */
export function readOwnLocation(): ProcessLocation {
  return {
    bootId: readBootId(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
    machineId: readMachineId(),
  };
}

/** The id that the kernel drew at boot. @throws where there is no /proc (not Linux) */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function readMachineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}

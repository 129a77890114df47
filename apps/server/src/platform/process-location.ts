import { readFileSync, readlinkSync } from 'node:fs';
import type { ProcessLocation } from '../domain/attempts/process-location.ts';

/**
 * Reads the location of this process.
 * @throws without /proc (on systems other than Linux)
 */
export function readOwnLocation(): ProcessLocation {
  return {
    bootId: readBootId(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
    machineId: readMachineId(),
  };
}

/**
 * Reads the id that the kernel generated at boot.
 * @throws without /proc (on systems other than Linux)
 */
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

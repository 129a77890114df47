#!/usr/bin/env node
// The first file of the package: it is small, so that the compiled code of the other can be kept between commands.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`pumphouse needs Node 22.12 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
}
// In the user's own folder: code from a folder that others can write would run with the user's rights.
enableCompileCache(
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pumphouse', 'compile-cache'),
);
await import('./command.mjs');

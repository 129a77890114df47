// The first module of the package `pumphouse-server`. It is plain and small, so that an old Node can still say what is
// missing, and so that the compiled code of the program can be kept between starts.
// Not by name: Node 20 has no `enableCompileCache`, and would fail before it says what it needs.
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { provideTools } from './provide-tools.mjs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// The first release with `crypto.argon2`, which hashes passwords.
if (major < 24 || (major === 24 && minor < 7)) {
  process.stderr.write(
    `pumphouse-server needs Node 24.7 or newer; this is ${process.versions.node}. ` +
      'The package brings one unless optional dependencies are left out.\n',
  );
  process.exit(2);
}
if (provideTools(process.argv[2], process.env)) {
  // In the user's own folder: code from a folder that others can write would run with the user's rights.
  module.enableCompileCache(
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pumphouse', 'compile-cache'),
  );
  await import('./program/main.mjs');
}

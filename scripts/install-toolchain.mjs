// Started by toolchain.mjs under the set-up lock.
import { installToolchain } from './toolchain.mjs';

try {
  installToolchain();
} catch (error) {
  // npm or pip has printed its error above; a stack trace would bury it.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

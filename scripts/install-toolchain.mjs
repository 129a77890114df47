// Started by toolchain.mjs under the lock of the set-up.
import { installToolchain } from './toolchain.mjs';

try {
  installToolchain();
} catch (error) {
  // What npm or pip said stands above; a stack would bury it.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

// A reporter of vitest: writes the errors outside of all tests, which its report in JSON does not have, to the
// file PUMPHOUSE_TEST_UNHANDLED_ERRORS.
import { writeFileSync } from 'node:fs';

export default class UnhandledErrorsReporter {
  onTestRunEnd(_, unhandledErrors) {
    const described = unhandledErrors.map((error) => ({
      path: error.VITEST_TEST_PATH ?? null,
      test: error.VITEST_TEST_NAME ?? null,
      message: error.stack ?? `${error.name}: ${error.message}`,
    }));
    writeFileSync(process.env.PUMPHOUSE_TEST_UNHANDLED_ERRORS, JSON.stringify(described));
  }
}

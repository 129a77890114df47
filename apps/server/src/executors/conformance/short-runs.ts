/** The tests of each push skip slow variants that hardly differ; `npm run test:containers` runs them. */
export const isShort = process.env['PUMPHOUSE_TEST_CONTAINERS'] === 'some';

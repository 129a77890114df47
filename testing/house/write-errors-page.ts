/** `npm run docs:errors`: writes the lists of docs/operate/errors.md from the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { errorsPagePath, writeErrorsPage } from './errors-page.ts';

writeFileSync(errorsPagePath, writeErrorsPage(readFileSync(errorsPagePath, 'utf8')));

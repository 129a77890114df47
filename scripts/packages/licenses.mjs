// Collects the licenses of everything in a package, which their authors require to come with it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const line = `\n${'-'.repeat(80)}\n\n`;

/**
 * The licenses of the npm packages that a bundle contains.
 * @param {readonly string[]} moduleIds paths of the bundled modules
 */
export function collectLicenses(moduleIds) {
  const folders = new Set(
    moduleIds.flatMap((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
  );
  return [...folders]
    .filter((folder) => !/\/@?pumphouse/.test(folder.slice(folder.lastIndexOf('node_modules'))))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map(readNpmLicense)
    .join(line);
}

/** The license of one installed npm package. */
export function readNpmLicense(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${version} (${license})\n\n${readTexts(folder)}\n`;
}

/** The licenses of packages that pip installed into a folder. */
export function collectPythonLicenses(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.dist-info'))
    .toSorted()
    .map((name) => {
      const metadata = readFileSync(join(folder, name, 'METADATA'), 'utf8');
      const valueOf = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(metadata)?.[1];
      const license = valueOf('License-Expression') ?? valueOf('License') ?? 'see below';
      const texts = readTexts(join(folder, name, 'licenses'));
      return `${valueOf('Name')} ${valueOf('Version')} (${license})\n${valueOf('Home-Page') ?? ''}\n\n${texts}\n`;
    })
    .join(line);
}

export const joinLicenses = (...texts) => texts.join(line);

function readTexts(folder) {
  const names = readdirSync(folder).filter((each) => /^(licen[cs]e|copying|notice)/i.test(each));
  return names.map((name) => readFileSync(join(folder, name), 'utf8').trim()).join('\n\n');
}

interface Versions {
  command: string;
  /** Null if it is not known. */
  server: string | null;
  latest: string | null;
}

/** Says what to do about the versions, in one sentence for each step. */
export function adviseUpgrade({ command, server, latest }: Versions): string[] {
  const advice: string[] = [];
  const isBehindServer = server !== null && compareVersions(command, server) < 0;
  if (isBehindServer) {
    advice.push(
      `The server is newer than this command. Upgrade the command: npm install --global pumphouse@${server}`,
    );
  } else if (latest !== null && compareVersions(command, latest) < 0) {
    advice.push(`A newer release exists. Upgrade the command: npm install --global pumphouse@${latest}`);
  }
  if (server !== null && compareVersions(command, server) > 0) {
    advice.push(
      'The command is newer than the server, which may not know all its operations. Ask the operator to upgrade the server.',
    );
  }
  return advice.length === 0 ? ['Nothing to do.'] : advice;
}

/** Compares two versions by the rules of semver; a pre-release comes before its release. */
export function compareVersions(left: string, right: string): number {
  const [leftNumbers, leftLabel] = parse(left);
  const [rightNumbers, rightLabel] = parse(right);
  for (let index = 0; index < 3; index += 1) {
    const difference = (leftNumbers[index] ?? 0) - (rightNumbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (leftLabel === rightLabel) return 0;
  if (leftLabel === '') return 1;
  if (rightLabel === '') return -1;
  return leftLabel.localeCompare(rightLabel, 'en', { numeric: true });
}

function parse(version: string): [numbers: number[], label: string] {
  const [release = '', ...label] = version.replace(/^v/, '').split('+')[0]?.split('-') ?? [];
  return [release.split('.').map(Number), label.join('-')];
}

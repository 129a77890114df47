/** Advice on a package index from which a build got nothing. */

/** Of uv, which removes passwords. */
const failedRequest = /Failed to fetch: `?https?:\/\/(?:[^@\s/`]*@)?([^\s/`]{1,200})/;

/** Null if the requirements themselves are the problem. */
export function adviseOnIndex({ code, detail }: { code: string; detail: string }): string | null {
  const host = code === 'requirements_failed' && failedRequest.exec(detail)?.[1];
  if (!host) return null;
  return `The package index at \`${host}\` did not give the build a package: correct its address or its credentials (docs/concepts/private-indexes.md) and deploy again, or ask the operator whether builds reach it.`;
}

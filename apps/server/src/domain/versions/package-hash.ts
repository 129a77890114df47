/**
 * A file of a package, as in its manifest; `sha3_256` is standard base64 over the content or the link target.
 */
export interface PackageFile {
  relative_path: string;
  sha3_256: string;
}

/**
 * Computes the content hash of a package, by which the dlt client decides whether to upload: SHA3-256 over
 * path and file hash of every file. The order is the manifest's, which the client sorts by code points;
 * sorting by UTF-16 units would differ.
 * @param sha3 SHA3-256 of a text's UTF-8 bytes, in base64
 */
export function computeContentHash(files: readonly PackageFile[], sha3: (text: string) => string): string {
  return sha3(files.map((file) => file.relative_path + file.sha3_256).join(''));
}

/** One zip on this machine, and where it goes. */
export interface Artifact {
  readonly path: string;
  /** Last part of its key; it names the folder that the nucleus unpacks into (fact D4). */
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** SHA-256 of each part, base64, as S3 takes them; one where it goes in one piece. */
  readonly partDigests: readonly string[];
  readonly partBytes: number;
}

/** A component version that is to be there, with all that it takes. */
export interface Publication {
  readonly component: string;
  readonly version: string;
  /** Hex; the same for what counts as the same publication: a bundle and its signature, whoever packed them. */
  readonly identity: string;
  readonly artifacts: readonly Artifact[];
  /** Where the model came from, and what is told there once it is published, beside the component's ARN. */
  readonly lineage?: { readonly modelPackage: string; readonly properties: Readonly<Record<string, string>> };
  /** @param uriOf the place of an artifact by its file name */
  readonly recipe: (uriOf: (fileName: string) => string) => string;
}

const SHORT = 32;

/**
 * Key of an artifact: it holds the digest of its bytes, so that no key ever changes its bytes (fact G2), and the identity
 * of the publication, which a recipe carries in this way, and by which the same one is known again.
 */
export function keyOf(prefix: string, publication: Publication, { sha256, fileName }: Artifact): string {
  const { component, version, identity } = publication;
  return `${prefix}${component}/${version}/${identity.slice(0, SHORT)}-${sha256.slice(0, SHORT)}/${fileName}`;
}

/** Whether all artifacts of a recipe are of this publication. */
export function isSame(publication: Publication, uris: readonly string[]): boolean {
  const start = publication.identity.slice(0, SHORT);
  return uris.length > 0 && uris.every((uri) => uri.split('/').at(-2)?.startsWith(`${start}-`));
}

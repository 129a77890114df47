/**
 * A position in a list: the text of each sort value of a row, null if it has none, and finally the row's id.
 */
export type ListPosition = readonly (string | null)[];

/** A position that no row of the list can have, because a client invented it. */
export class ListPositionError extends Error {
  override name = 'ListPositionError';
}

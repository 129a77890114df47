/** A place in a list: the text of each sort value of a row, null where it has none, and the row's id last. */
export type ListPosition = readonly (string | null)[];

/** A position that no row of the list can have: somebody made it up. */
export class ListPositionError extends Error {
  override name = 'ListPositionError';
}

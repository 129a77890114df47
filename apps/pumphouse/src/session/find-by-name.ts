/** Finds an item by its id, or by its name in any case. */
export function findByName<Item extends { id: string; name: string }>(
  items: readonly Item[],
  nameOrId: string,
): Item | undefined {
  const name = nameOrId.toLowerCase();
  return items.find((item) => item.id === nameOrId || item.name.toLowerCase() === name);
}

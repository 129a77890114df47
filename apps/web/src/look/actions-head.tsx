/** Heads the column of what can be done with a row: a name for screen readers, and nothing to see. */
export function ActionsHead() {
  return (
    <th scope="col">
      <span className="visually-hidden">Actions</span>
    </th>
  );
}

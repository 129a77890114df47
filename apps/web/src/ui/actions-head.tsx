/** Header of the actions column, visible only to screen readers. */
export function ActionsHead({ className }: { className?: string | undefined }) {
  return (
    <th scope="col" className={className}>
      <span className="visually-hidden">Actions</span>
    </th>
  );
}

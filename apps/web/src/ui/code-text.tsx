/** Renders text with code in backticks. */
export function CodeText({ text }: { text: string }) {
  const parts = text.split('`');
  return parts.map((part, index) =>
    // Index keys are safe because the order is fixed; a part may occur twice.
    index % 2 === 0 ? part : <code key={index}>{part}</code>,
  );
}

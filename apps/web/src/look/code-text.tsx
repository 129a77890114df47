/** Text with code in backticks. */
export function CodeText({ text }: { text: string }) {
  const parts = text.split('`');
  return parts.map((part, index) =>
    // The parts never change their order, and the same part may occur twice.
    index % 2 === 0 ? part : <code key={index}>{part}</code>,
  );
}

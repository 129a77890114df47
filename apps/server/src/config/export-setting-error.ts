/**
 * An invalid variable of OpenTelemetry or OpenLineage: nothing is exported, and the server starts. The message has
 * no values, which may be secret.
 */
export class ExportSettingError extends Error {
  override readonly name = 'ExportSettingError';
}

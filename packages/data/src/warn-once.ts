const said = new Set<string>();

/** Emit a warning of the process (event `warning`, name `DataWarning`), once for each subject. */
export function warnOnce(subject: string, sentence: string): void {
  if (said.has(subject)) return;
  said.add(subject);
  process.emitWarning(sentence, 'DataWarning');
}

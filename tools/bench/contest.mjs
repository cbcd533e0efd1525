/**
 * Measure programs in turn: A B C A B C ..., so that a slow minute of the machine meets all of them. One that fails is left out from
 * then on, with its reason.
 * @param {readonly import('./programs.mjs').Program[]} programs
 * @param {readonly string[]} flags
 * @returns {Promise<import('./peers-table.mjs').Entry[]>}
 */
export async function measureInTurn(programs, flags, rounds, onProgress = () => {}) {
  const entries = programs.map(({ name, command }) => ({ name, command, rounds: [] }));
  for (let round = 1; round <= rounds; round++) {
    for (const [i, program] of programs.entries()) {
      const entry = entries[i];
      if (entry.failure !== undefined) continue;
      try {
        const figures = await program.measure(flags);
        entry.rounds.push(figures);
        const speeds = ['forward', 'train', 'tract']
          .filter((work) => figures[work] !== undefined)
          .map((work) => `${work} ${figures[work]}`);
        onProgress(`round ${round} of ${rounds}, ${program.name}: ${speeds.join(', ')} images/s`);
      } catch (error) {
        entry.failure = error.message;
        onProgress(`${program.name} does not run: ${error.message}`);
      }
    }
  }
  return entries;
}

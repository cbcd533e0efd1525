const line = (...cells) =>
  `| ${cells
    .map((cell) =>
      String(cell ?? '')
        .replaceAll('|', '\\|')
        .replaceAll('\n', ' '),
    )
    .join(' | ')} |`;
const titled = (...titles) => [line(...titles), line(...titles.map(() => '---'))];

const ratio = (one, other) => (one !== undefined && other ? (one / other).toFixed(2) : '');

/** Lay a check's report out as a page: what was checked, speed beside PyTorch's, and all that fell short. */
export function deviceTable({ rehearsal, machine, minutes, rows }) {
  const speed = rows.filter(({ result }) => result === 'measured');
  const reference = (network) => speed.find((row) => row.program === 'PyTorch' && row.network === network);
  const figures = ({ program, network, batch, forward, train, tract, peakDeviceMB, cardMB, peakRssMB }) => {
    const peer = program === 'PyTorch' ? undefined : reference(network);
    return line(
      network,
      batch,
      program,
      forward,
      train,
      tract,
      ratio(forward, peer?.forward),
      ratio(tract, peer?.tract),
      peakDeviceMB,
      cardMB,
      peakRssMB,
    );
  };
  const short = rows.filter(({ result }) => result === 'failed' || result === 'unrun');
  return [
    `# Check of ${rehearsal ? 'this script, a rehearsal: a software driver and the processor stand in for the card, and the figures mean nothing' : 'a graphics card'}`,
    '',
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGB} GB; ${machine.card ?? 'no nvidia-smi'}; ${machine.system}, Node ${machine.node}; ${minutes.toFixed(1)} minutes.`,
    '',
    ...titled('check', 'on', 'result', 'what it came to', 'seconds'),
    ...rows
      .filter(({ part }) => part !== 'speed')
      .map(({ part, program, result, detail, seconds }) => line(part, program, result, detail, seconds?.toFixed(0))),
    '',
    ...(speed.length === 0
      ? ['No speed was measured.']
      : [
          'Images/s; as a share of PyTorch (eager, float32) on the same network; MB that the program took of the card by its own count, MB that the card had in use beyond what it had before (nvidia-smi), MB of the host.',
          '',
          ...titled(
            'network',
            'batch',
            'program',
            'forward',
            'training',
            'TRACT',
            'forward, share',
            'TRACT, share',
            'device MB',
            'card MB',
            'host MB',
          ),
          ...speed.map(figures),
        ]),
    '',
    ...(short.length === 0 ? ['Nothing fell short.'] : ['What fell short:', '']),
    ...short.map(
      ({ part, program, network, result, detail }) =>
        `- ${program}, ${part}${network ? ` of ${network}` : ''}: ${result === 'failed' ? 'failed' : 'not run'}, ${detail}`,
    ),
    '',
  ].join('\n');
}

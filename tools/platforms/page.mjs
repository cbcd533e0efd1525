import { platforms } from '../../packages/backend-native/platforms.mjs';

const unrun = 'not run: no such machine, and no emulator of it that runs Node';

/** Lay out what the platforms came to as a page. Rows as the test collects them. */
export function platformsPage(rows) {
  const known = new Set(rows.map(({ machine }) => machine.platform));
  const cell = ({ machine: { platform, runtime }, reason, results }) =>
    reason === undefined
      ? results.map(
          ({ set, drawn, trained, tests }) =>
            `| ${platform} | ${runtime} | ${set} | \`${drawn}\` | \`${trained}\` | ${tests} of ${tests} |`,
        )
      : [`| ${platform} | ${runtime} | not run: ${reason} | | | |`];
  const others = Object.keys(platforms).filter((name) => !known.has(name));
  return `# Where the prebuilt kernels have been run

Written by \`npm run platforms-table\`: for each binary of \`npm run prebuild:native\` the command line is installed from tarballs as npm chooses for that platform, draws 4 digits with
\`mnist-student\`, trains \`mnist-tiny\` for 4 updates and runs the conformance suite, with its best and its smallest instruction set. Equal digests are equal bits; weights have bits of their own for each instruction set, whose sums have another order.
A build of one's own may fuse other products than these, which are built by Zig: weights trained by g++'s AVX2 and AVX-512 differ from them in last bits, those of SSE4, which fuses none, do not.

| binary | runtime | instruction set | images drawn | model trained | conformance |
| --- | --- | --- | --- | --- | --- |
${[...rows.flatMap(cell), ...others.map((name) => `| ${name} | ${unrun} | | | | |`)].join('\n')}
`;
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const names = ['tract-a', 'tract-b'] as const;
const links = ['veth-a', 'veth-b'] as const;
const address = (i: number): string => `10.77.0.${i + 1}`;

/** Two hosts of network namespaces on this machine, with a link between them. */
export type TwoHosts = {
  /** Make the words that start a command as a rank on each host, over Open MPI; these variables are passed on. */
  readonly launcher: (variables: readonly string[]) => string[];
  /** Let no more than so many bits a second pass, each way. */
  readonly limit: (bitsPerSecond: number) => void;
  readonly cut: () => void;
  /** Put the link up, and wait until a call comes through. */
  readonly join: () => Promise<void>;
  readonly remove: () => void;
};

/** Say what is missing for two hosts: Linux, the superuser and iproute2; undefined for nothing. */
export function lackingHosts(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces want the superuser';
  return spawnSync('tc', ['-V']).status === 0 ? undefined : 'no tc and ip; apt-get install iproute2';
}

/** Make two hosts; `agent` is where a program is written that runs a command on one of them: what ssh is to a launcher. */
export function twoHosts(agent: string): TwoHosts {
  const ip = (...args: readonly string[]) => execFileSync('ip', args, { stdio: 'pipe' });
  const remove = (): void => {
    for (const name of names) {
      spawnSync('ip', ['netns', 'del', name]);
      rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
    }
  };
  remove();
  for (const name of names) ip('netns', 'add', name);
  ip('link', 'add', links[0], 'netns', names[0], 'type', 'veth', 'peer', 'name', links[1], 'netns', names[1]);
  for (const [i, name] of names.entries()) {
    ip('-n', name, 'addr', 'add', `${address(i)}/24`, 'dev', links[i]);
    ip('-n', name, 'link', 'set', links[i], 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    mkdirSync(`/etc/netns/${name}`, { recursive: true });
    writeFileSync(`/etc/netns/${name}/hosts`, ['127.0.0.1 localhost', ...names.map((host, j) => `${address(j)} ${host}`), ''].join('\n'));
  }
  writeFileSync(agent, '#!/bin/sh\nhost=$1\nshift\nexec ip netns exec "$host" unshare --uts sh -c "hostname $host; exec $*"\n', {
    mode: 0o755,
  });
  const call = `require('net').connect(9, '${address(0)}').on('error', ({ code }) => process.exit(code === 'ECONNREFUSED' ? 0 : 1))`;
  const isReached = (): boolean => spawnSync('ip', ['netns', 'exec', names[1], process.execPath, '-e', call]).status === 0;
  const mca = {
    ...{ btl: 'tcp,self', btl_tcp_if_include: '10.77.0.0/24', oob_tcp_if_include: '10.77.0.0/24', plm_rsh_agent: agent },
    ...{ oob_tcp_keepalive_time: '2', oob_tcp_keepalive_intvl: '1', oob_tcp_keepalive_probes: '2' },
  };
  return {
    launcher: (variables) => [
      ...[agent, names[0], 'mpirun.openmpi', '--bind-to', 'none', '--host', names.map((name) => `${name}:1`).join(',')],
      ...Object.entries(mca).flatMap(([name, value]) => ['--mca', name, value]),
      ...variables.flatMap((name) => ['-x', name]),
    ],
    limit: (bitsPerSecond) => {
      const rate = ['rate', `${bitsPerSecond}bit`, 'burst', '1mb', 'latency', '50ms'];
      for (const [i, name] of names.entries())
        execFileSync('tc', ['-n', name, 'qdisc', 'replace', 'dev', links[i], 'root', 'tbf', ...rate], { stdio: 'pipe' });
    },
    cut: () => ip('-n', names[0], 'link', 'set', links[0], 'down'),
    join: async () => {
      ip('-n', names[0], 'link', 'set', links[0], 'up');
      while (!isReached()) await sleep(50);
    },
    remove,
  };
}
